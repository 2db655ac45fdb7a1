import json
from collections.abc import Callable

import pytest

from ingest.index.snapshot import Snapshot
from ingest.models.embedder import Embedder
from ingest.pack import NONE, SHIPPED
from service.check.quotes import Checker
from service.language.phrases import Language
from service.understand.outline import Facts, Outline
from service.understand.recogniser import Recogniser
from service.understand.slots import read
from service.write.facts import stated
from tests.support.paths import ROOT

DEVELOP = [json.loads(line) for line in (ROOT / "eval/golden/develop.jsonl").read_text("utf-8").splitlines()]
Ask = Callable[[str], Facts | None]


@pytest.fixture(scope="module")
def ask(snapshot: Snapshot, embedder: Embedder) -> Ask:
    """As the service does: the facts that a question asks for, None when it is about the subject."""
    words, outline = snapshot.pack.words, Outline(snapshot)
    recogniser = Recogniser.read(SHIPPED / NONE, embedder.fingerprint)
    assert recogniser.embedded

    def ask(question: str) -> Facts | None:
        slots = read(question, words)
        if not recogniser.possible(slots):
            return None
        (vector,) = embedder.embed_queries([words.bilingual(question)])
        return outline.facts(slots) if recogniser.recognises(slots, vector) else None

    return ask


def asked(question: str, ask: Ask) -> Facts:
    facts = ask(question)
    assert facts is not None, question
    return facts


# Counted by hand in the outline.
@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("大纲一共有多少道题？", 146),
        ("How many questions are there in the outline?", 146),
        ("有多少道题没有答案？", 59),
        ("How many questions have no answer?", 59),
        ("How many questions are answered?", 87),
        ("五星的题有几道？", 33),
        ("最重要（五星）的题占几道？", 33),
        ("第七和第八章一共有多少题？", 36),
        ("sections 2, 4 and 12: how many questions altogether?", 18),
        ("How many five-star questions are there?", 33),
        ("四星及以上的题有多少？", 94),
        ("三星题有多少道？", 46),
        ("第五章有多少道题？", 18),
        ("第 5 章有几道题没有答案？", 5),
        ("How many questions does section 6 have without an answer?", 18),
        ("第九部分四星以上的题目有几道？", 7),
        ("How many entries in section 12?", 4),
        ("RAG 部分有几道五星题？", 3),
    ],
)
def test_counts(ask: Ask, question: str, count: int) -> None:
    assert len(asked(question, ask).entries) == count


@pytest.mark.parametrize(
    ("question", "ids"),
    [
        ("列出所有两星的题", "5.18 6.17 6.18 7.17 7.18 12.3"),
        ("List all questions with 2 stars", "5.18 6.17 6.18 7.17 7.18 12.3"),
        ("第 10 章有哪些题？", "10.1 10.2 10.3 10.4 10.5"),
        ("应用那一章有哪些四星的题？", "2.1 2.2 2.7"),  # and not 10, 应用系统设计
        ("应用系统设计那一章有哪些四星的题？", "10.1 10.2 10.4"),
        ("Which questions in section 1 have five stars?", "1.1 1.2 1.4 1.6 1.10 1.12"),
        ("第五章哪些题没有答案？", "5.14 5.15 5.16 5.17 5.18"),
        ("第六章哪道题有答案？", "6.19"),
        ("题目里涉及困惑度的有哪些？", "1.11 6.3"),
        ("Which questions mention QLoRA?", "5.4"),
        ("第 8 章有答案的题有哪些？", ""),
    ],
)
def test_lists(ask: Ask, question: str, ids: str) -> None:
    facts = asked(question, ask)
    assert [entry.id for entry in facts.entries] == ids.split()
    assert facts.listing


@pytest.mark.parametrize(
    ("question", "id", "wants_answer"),
    [
        ("3.8 是什么题？", "3.8", False),
        ("What is entry 3.8?", "3.8", False),
        ("第三章第八题是什么？", "3.8", False),
        ("question 8 of section 3", "3.8", False),
        ("the 2nd question of section 9", "9.2", False),
        ("question four of chapter five, please", "5.4", False),
        ("第九章第 2 小题", "9.2", False),
        ("3.8 的答案是什么？", "3.8", True),
        ("What is the answer to 5.4?", "5.4", True),
        ("解释一下条目 12.3", "12.3", True),
        ("请问 3.8 有几颗星？", "3.8", False),
        ("How many stars does 3.8 have?", "3.8", False),
        ("Is 7.1 answered?", "7.1", False),
        ("Explain 4.4, what is it about?", "4.4", True),
        ("What does 11.2 say?", "11.2", True),
        ("Summarise 5.6", "5.6", True),
        ("讲讲 3.6", "3.6", True),
    ],
)
def test_one_entry(ask: Ask, question: str, id: str, wants_answer: bool) -> None:
    facts = asked(question, ask)
    assert (facts.kind, [entry.id for entry in facts.entries]) == ("entry", [id])
    assert facts.wants_answer is wants_answer


@pytest.mark.parametrize(
    ("question", "id"),
    [
        ("3.8 的下一题是什么？", "3.9"),
        ("What is the question before 6.2?", "6.1"),
        ("Which question comes after 5.18?", "6.1"),
        ("What is the entry following 9.4 about?", "9.5"),
    ],
)
def test_an_entrys_neighbour(ask: Ask, question: str, id: str) -> None:
    assert [entry.id for entry in asked(question, ask).entries] == [id]


@pytest.mark.parametrize(
    ("question", "sections"),
    [
        ("大纲有几章？", set(range(1, 13))),
        ("How many sections are there?", set(range(1, 13))),
        ("哪些章节完全没有答案？", {7, 8}),
        ("Which sections contain unanswered questions?", {5, 6, 7, 8}),
    ],
)
def test_sections(ask: Ask, question: str, sections: set[int]) -> None:
    facts = asked(question, ask)
    assert facts.kind == "sections"
    assert {entry.section for entry in facts.entries} == sections


@pytest.mark.parametrize("record", [r for r in DEVELOP if r["kind"] == "structure"], ids=lambda r: r["id"])
def test_develop_structure_questions(snapshot: Snapshot, ask: Ask, record: dict[str, str]) -> None:
    """Every number and entry that the golden answer names is in what is said, and all of it is cited."""
    facts = asked(record["question"], ask)
    statement = stated(facts, snapshot, "zh" if record["language"] == "zh" else "en")
    said = "\n".join(sentence.text for sentence in statement.sentences)
    checker = Checker(snapshot.documents, statement.passages)
    assert all(checker.check(sentence) for sentence in statement.sentences)
    for id in record["entries"] if facts.listing else []:
        assert f"**{id}**" in said


@pytest.mark.parametrize("kind", sorted({r["kind"] for r in DEVELOP} - {"structure"}))
def test_subject_questions_are_not_about_the_outline(ask: Ask, kind: str) -> None:
    questions = [record for record in DEVELOP if record["kind"] == kind]
    assert [r["id"] for r in questions if ask(r["question"])] == []


def test_the_entries_own_questions_are_not_about_the_outline(snapshot: Snapshot, ask: Ask) -> None:
    assert [entry.id for entry in snapshot.entries if ask(entry.question)] == []


@pytest.mark.parametrize(
    "question",
    [
        "如何解决过拟合问题？",
        "Transformer 有多少层？",
        "GPT-3.5 和 GPT-4 有什么区别？",
        "LoRA 有哪些缺点？",
        "What are the main sections of a transformer block?",
        "How many parameters does GPT-3 have?",
        "BERT 的预训练任务有几个？",
        "Llama 3.1 是什么？",
        "What is Gemini 1.5?",
        "What is new in Python 3.11?",
        "Explain Qwen 2.5",
        "讲讲 Llama 3.1",
        "What does the Llama 3.1 paper say?",
        "如何处理多个文档块超出窗口的问题？有哪些策略？",
    ],
)
def test_look_alikes(ask: Ask, question: str) -> None:
    assert ask(question) is None


def said(question: str, snapshot: Snapshot, ask: Ask, language: Language) -> list[str]:
    statement = stated(asked(question, ask), snapshot, language)
    return [sentence.lead + sentence.text for sentence in statement.sentences]


def test_sentences(snapshot: Snapshot, ask: Ask) -> None:
    assert said("第三章有几道题？", snapshot, ask, "zh") == [
        "第 3 部分「数据准备：分词与嵌入」共有 14 个条目：5 星 2 个、4 星 6 个、3 星 6 个；14 个有答案，全部有答案。"
    ]
    assert said("How many questions in section 7?", snapshot, ask, "en") == [
        "Section 7, 检索增强生成 (Retrieval Augmented Generation, RAG) 系统, has 18 entries: 3 with 5 stars, "
        "8 with 4 stars, 5 with 3 stars, 2 with 2 stars; 0 have an answer and 18 have none."
    ]
    assert said("哪些章节完全没有答案？", snapshot, ask, "zh") == [
        "符合条件的部分有 2 个：",
        "\n- 第 7 部分「检索增强生成 (Retrieval Augmented Generation, RAG) 系统」：18 个条目，其中 0 个有答案",
        "\n- 第 8 部分「LLM 效率：量化、剪枝与蒸馏」：18 个条目，其中 0 个有答案",
    ]
    assert said("What is entry 12.3?", snapshot, ask, "en") == [
        "**12.3** (section 12, 高级主题与前沿方向; ★★☆☆☆; has an answer): 解释胶囊网络如何可能与LLM集成。"
    ]
    assert said("第 13 章有几道题？", snapshot, ask, "zh") == ["大纲只有第 1 到第 12 部分。"]


@pytest.mark.parametrize(
    ("question", "kind", "within"),
    [
        ("帮我总结一下第五章", "summary", [5]),
        ("Summarise section eleven", "summary", [11]),
        ("chapter 11 有哪些题", "entries", [11]),
        ("这份大纲一共多少章多少题，有多少没答案", "sections", list(range(1, 13))),
        ("这份大纲是什么？", "overview", list(range(1, 13))),
        ("总结这篇文档", "overview", list(range(1, 13))),
    ],
)
def test_what_is_asked_of_sections_and_the_whole(ask: Ask, question: str, kind: str, within: list[int]) -> None:
    facts = asked(question, ask)
    assert (facts.kind, [section.number for section in facts.within]) == (kind, within)


@pytest.mark.parametrize("question", ["How many lifeguards are there?", "一共有多少老师", "有哪些东西要带"])
def test_what_is_no_part_of_an_outline_is_not_counted_as_one(snapshot: Snapshot, ask: Ask, question: str) -> None:
    assert Outline(snapshot).facts(read(question, snapshot.pack.words)) is None


def test_a_topic_is_looked_up_in_the_text_too(ask: Ask) -> None:
    facts = asked("哪些题提到了 KV 缓存", ask)
    assert [entry.id for entry in facts.entries] == ["8.12"]
    assert [entry.id for entry in facts.mentioned] == ["11.1"]


def test_a_summary_cites_the_first_statement_of_each_entry(snapshot: Snapshot, ask: Ask) -> None:
    statement = stated(asked("Summarise section eleven", ask), snapshot, "zh")
    assert [sentence.text[:10] for sentence in statement.sentences[1:]] == [f"- **11.{n}**" for n in range(1, 7)]
    assert statement.passages[4].text == "训练大型语言模型需要的计算资源远超单个GPU的能力，因此分布式训练是必需的。"
