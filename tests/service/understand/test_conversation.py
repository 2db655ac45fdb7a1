"""Conversations with a service over documents without an outline, as people have them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingest.__main__ import ensure
from ingest.models.embedder import Embedder
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings
from tests.support.paths import ROOT

DOCUMENTS = ROOT / "tests/service/understand/talk"
Reply = dict[str, Any]


class Talk:
    """Asks with all that was said so far."""

    def __init__(self, client: TestClient) -> None:
        self._client = client
        self.history: list[dict[str, str]] = []

    def say(self, text: str) -> Reply:
        reply: Reply = self._client.post("/v1/ask", json={"question": text, "history": self.history}).json()
        self.history += [{"role": "user", "content": text}, {"role": "assistant", "content": reply["answer"]}]
        return reply


@pytest.fixture(scope="module")
def manual(
    settings: ServiceSettings, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A coffee machine's manual and a library's rules, with no pack."""
    index = tmp_path_factory.mktemp("talk") / "index"
    corpus = [DOCUMENTS / "coffee", DOCUMENTS / "library"]
    own = settings.model_copy(update={"corpus": corpus, "index": index, "pack": "none"})
    ensure(own, embedder)
    with TestClient(create_app(Service(own, embedder))) as client:
        yield client


@pytest.fixture
def talk(manual: TestClient) -> Talk:
    return Talk(manual)


def headings(reply: Reply) -> set[str]:
    return {citation["heading_path"][-1] for citation in reply["citations"]}


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("怎么除垢？", "什么是盲碗？"),
        ("水箱多大？", "保修"),
        ("怎么除垢？", "什么是区块链？"),
        ("保修多久？", "介绍一下故障代码"),
        ("What are the late fees?", "lockers"),
        ("How do audiobooks work?", "What is a study room?"),
    ],
)
def test_a_new_question_is_answered_as_if_nothing_had_been_said(talk: Talk, first: str, then: str) -> None:
    alone = Talk(talk._client).say(then)
    talk.say(first)
    after = talk.say(then)
    assert [after[key] for key in ("status", "answer", "query")] == [
        alone[key] for key in ("status", "answer", "query")
    ]


@pytest.mark.parametrize(("text", "cited"), [("退出", {"退出"}), ("重置", set())])
def test_a_word_for_the_program_is_a_question_where_a_heading_is_called_so(
    settings: ServiceSettings, embedder: Embedder, tmp_path: Path, text: str, cited: set[str]
) -> None:
    (tmp_path / "machine.md").write_text(
        "# 手册\n\n## 退出\n\n长按电源键三秒，退出保养模式。\n\n## 保修\n\n保修两年。\n", "utf-8"
    )
    own = settings.model_copy(update={"corpus": [tmp_path / "machine.md"], "index": tmp_path / "index", "pack": "none"})
    ensure(own, embedder)
    with TestClient(create_app(Service(own, embedder))) as client:
        assert headings(Talk(client).say(text)) == cited


@pytest.mark.parametrize(
    ("said", "then", "heading"),
    [
        (["怎么打奶泡？"], "它的温度要多少？", "打奶泡"),
        (["怎么除垢？", "太谢谢了"], "那要多久做一次？", "除垢"),
        (["怎么除垢？", "水箱能装多少水？"], "刚才讲的除垢有几步？", "除垢"),
        (["What are the late fees for books?"], "and for films?", "Late fees"),
        (["How do I reserve a title?"], "What does it cost?", "Reservations"),
    ],
)
def test_a_follow_up_keeps_the_subject(talk: Talk, said: list[str], then: str, heading: str) -> None:
    for text in said:
        talk.say(text)
    assert heading in headings(talk.say(then))


@pytest.mark.parametrize(
    ("first", "then", "subject"),
    [
        ("怎么打奶泡？", "它和除垢有什么不同？", "打奶泡"),
        ("What are lockers?", "Are they bigger than a study room?", "lockers"),
    ],
)
def test_what_begins_with_a_pronoun_leans_whatever_else_it_names(
    talk: Talk, first: str, then: str, subject: str
) -> None:
    talk.say(first)
    assert subject in talk.say(then)["query"]


def test_what_names_another_thing_asks_the_same_of_that(talk: Talk) -> None:
    talk.say("打奶泡时温度要多少？")
    assert headings(talk.say("那除垢呢？")) == {"除垢"}


def test_what_leans_on_another_thing_leans_on_that(talk: Talk) -> None:
    talk.say("打奶泡时温度要多少？")
    talk.say("那除垢呢？")
    reply = talk.say("它要多久做一次？")
    assert headings(reply) == {"除垢"}
    assert "打奶泡" not in reply["query"]


def test_the_last_answer_again_is_that_on_the_other_thing(talk: Talk) -> None:
    talk.say("打奶泡时温度要多少？")
    other = talk.say("那除垢呢？")
    assert talk.say("换个说法")["citations"] == other["citations"]


@pytest.mark.parametrize(
    ("first", "then", "heading"),
    [("水箱多大？", "保修呢", "保修"), ("What are the late fees?", "What about reservations?", "Reservations")],
)
def test_what_a_heading_is_called_is_asked_for_itself(talk: Talk, first: str, then: str, heading: str) -> None:
    talk.say(first)
    reply = talk.say(then)
    assert (headings(reply), reply["query"]) == ({heading}, then)


@pytest.mark.parametrize("text", ["你真棒", "thank you!", "nice!!"])
def test_praise_is_thanked_for(talk: Talk, text: str) -> None:
    reply = talk.say(text)
    assert (reply["status"], reply["citations"]) == ("not_in_documents", [])
    assert reply["answer"] in (Talk(talk._client).say("谢谢")["answer"], Talk(talk._client).say("thanks")["answer"])


def test_the_last_answer_in_other_words_is_the_same_entry_quoted(talk: Talk) -> None:
    first = talk.say("怎么除垢？")
    again = talk.say("能不能换一种更好懂的说法")
    assert (again["status"], again["answer"]) == ("answered", first["answer"])
    assert "引用" in again["degraded"]


@pytest.mark.parametrize("text", ["做成表格", "以 JSON 返回", "用 markdown 格式输出"])
def test_a_wish_for_another_form_is_about_the_last_answer(talk: Talk, text: str) -> None:
    first = talk.say("怎么除垢？")
    again = talk.say(text)
    assert (again["status"], again["citations"]) == ("answered", first["citations"])
    assert "引用" in again["degraded"]


def test_a_shorter_answer_has_fewer_sentences_of_the_same(talk: Talk) -> None:
    first = talk.say("怎么除垢？")
    short = talk.say("太啰嗦，讲短一些")
    assert headings(short) <= headings(first)
    assert 0 < len(short["citations"]) <= len(first["citations"]) / 2


def test_going_on_says_what_was_not_said_and_then_that_this_was_all(talk: Talk) -> None:
    said = {citation["quote"] for citation in talk.say("怎么除垢？")["citations"]}
    for _ in range(4):
        more = talk.say("接着说")
        fresh = {citation["quote"] for citation in more["citations"]}
        assert said.isdisjoint(fresh)
        said |= fresh
    assert (more["status"], more["citations"]) == ("not_in_documents", [])
    assert more["answer"] == "关于刚才的问题，文档里没有更多内容了。"


@pytest.mark.parametrize(
    "text", ["请继续讲下去", "换一种讲法吧", "能讲短些吗", "多谢多谢", "?", "42", "🙂", "怎么弄呢", "Hey you"]
)
def test_without_a_question_there_is_a_word_of_help(talk: Talk, text: str) -> None:
    reply = talk.say(text)
    assert (reply["status"], reply["citations"], reply["related"]) == ("not_in_documents", [], [])
    assert reply["answer"] != "文档里没有能回答这个问题的内容。"
    assert reply["help"]


def test_a_greeting_gets_what_can_be_asked(talk: Talk) -> None:
    answer = talk.say("你们好呀")["answer"]
    assert answer.startswith("你好！我根据文档回答问题")
    assert len([line for line in answer.split("\n") if line.startswith("- ")]) == 3


@pytest.mark.parametrize("text", ["给我概括一下这些资料", "随机来一道题吧"])
def test_what_the_documents_hold(talk: Talk, text: str) -> None:
    assert {"除垢", "保修", "Loans", "Lockers"} <= headings(talk.say(text))


def test_a_mark_or_a_number_is_answered_in_the_conversations_language(talk: Talk) -> None:
    talk.say("怎么除垢？")
    assert talk.say("1")["answer"].startswith("我根据")


def test_thanks_and_farewell(talk: Talk) -> None:
    talk.say("怎么除垢？")
    assert talk.say("好的，太感谢你了")["answer"].startswith("不客气")


def test_the_search_route_reads_conversations_alike(manual: TestClient) -> None:
    history = [{"role": "user", "content": "怎么除垢？"}, {"role": "assistant", "content": "……"}]

    def searched(query: str) -> str:
        return str(manual.post("/v1/search", json={"query": query, "history": history}).json()["query"])

    assert searched("什么是盲碗？") == "什么是盲碗？"
    assert searched("那要多久做一次？") == "怎么除垢？ 那要多久做一次？"
    assert searched("接着说") == "怎么除垢？"
