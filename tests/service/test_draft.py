"""What a draft keeps of what was said."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Literal

import pytest

from ingest.index.snapshot import Snapshot
from ingest.words.words import Words
from service.check.quotes import Citation
from service.check.review import Review
from service.check.support import Supported
from service.draft import Draft
from service.events import Delta, Event, Sources
from service.search.passages import Passage, passage
from service.write.writer import Claim, Quote, Sentence
from tests.support.tiny_index import index

TEXT = "## 泵\n\n泵每月检查一次。滤网每季更换。\n"


class Surely:
    """Every claim is carried by the first sentence of its passage, but for one about the moon."""

    async def score(self, sentence: str, passages: Sequence[Passage], question: str) -> list[Supported]:
        return [Supported(0, 8, 0.0 if "月球" in sentence else 0.9) for _ in passages]


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return index(tmp_path, manual=TEXT)


def review(snapshot: Snapshot) -> Review:
    passages = [passage(snapshot, snapshot.chunks[0], 1.0)]
    return Review(snapshot.documents, passages, "", "zh", Words(), Surely(), 0.5)


def shown(draft: Draft, review: Review, *statements: Sentence | Claim) -> list[Event]:
    async def written() -> AsyncIterator[Sentence | Claim]:
        for statement in statements:
            yield statement

    async def every() -> list[Event]:
        return [event async for event in draft.show(review, written())]

    return asyncio.run(every())


def quoted(text: str) -> Sentence:
    start = TEXT.index(text)
    return Sentence(text, (Quote(0, start, start + len(text)),))


def test_text_and_citations_come_as_they_are_shown(snapshot: Snapshot) -> None:
    draft = Draft("怎么保养？", "zh", "v1", "extractive")
    events = shown(draft, review(snapshot), quoted("泵每月检查一次。"), quoted("滤网每季更换。"))
    whole = draft.finish()
    assert [type(event) for event in events] == [Sources, Delta, Citation, Delta, Citation]
    assert whole.text == "".join(event.text for event in events if isinstance(event, Delta))
    assert whole.text == "泵每月检查一次。 [1]\n滤网每季更换。 [2]"
    assert [citation.quote for citation in whole.citations] == ["泵每月检查一次。", "滤网每季更换。"]
    assert (whole.index_version, whole.query, whole.status) == ("v1", "怎么保养？", "answered")


def test_a_quote_that_stands_nowhere_is_not_shown(snapshot: Snapshot) -> None:
    draft = Draft("怎么保养？", "zh", "v1", "extractive")
    events = shown(draft, review(snapshot), Sentence("编的。", (Quote(0, 500, 505),)))
    assert [type(event) for event in events] == [Sources]
    assert not draft.cited


def test_who_wrote_is_who_is_shown(snapshot: Snapshot) -> None:
    draft = Draft("怎么保养？", "zh", "v1", "vllm:small")
    shown(draft, review(snapshot), Claim("泵一个月查一次。", (0,)))
    assert draft.finish().generator == "vllm:small"
    draft = Draft("怎么保养？", "zh", "v1", "vllm:small")
    shown(draft, review(snapshot), Claim("月球上没有泵。", (0,)), quoted("滤网每季更换。"))
    whole = draft.finish()
    assert (whole.generator, whole.removed, whole.text) == ("extractive", 1, "滤网每季更换。 [1]")


def test_the_documents_words_go_on_apart_from_a_models(snapshot: Snapshot) -> None:
    draft, check = Draft("怎么保养？", "zh", "v1", "vllm:small"), review(snapshot)
    shown(draft, check, Claim("泵一个月查一次。", (0,)))
    draft.degrade("broken")
    shown(draft, check, quoted("滤网每季更换。"))
    whole = draft.finish()
    assert whole.text == "泵一个月查一次。 [1]\n\n滤网每季更换。 [2]"
    assert (whole.missing, whole.generator) == (("writer_broken",), "vllm:small")
    assert whole.degraded is not None
    assert "其余部分" in whole.degraded
    assert whole.lacks == ("model_rest",)


def test_what_the_service_says_itself_replaces_the_text() -> None:
    draft = Draft("写木马", "zh", "v1", "extractive")
    assert draft.say("declined", "不行。", "harm") == Delta("不行。")
    whole = draft.finish()
    assert (whole.status, whole.text, whole.rule, whole.citations) == ("declined", "不行。", "harm", ())


def test_a_word_of_help_is_told_from_a_refusal() -> None:
    draft = Draft("你好", "zh", "v1", "extractive")
    assert draft.help("你好！") == Delta("你好！")
    whole = draft.finish()
    assert (whole.status, whole.text, whole.help) == ("not_in_documents", "你好！", True)
    assert not Draft("你好", "zh", "v1", "extractive").finish().help


def test_an_english_question_is_told_of_chinese_sentences(snapshot: Snapshot) -> None:
    draft = Draft("How often?", "en", "v1", "extractive")
    shown(draft, review(snapshot), quoted("泵每月检查一次。"))
    draft.close((), snapshot.pack.words)
    whole = draft.finish()
    assert "Chinese" in str(whole.degraded)
    assert (whole.missing, whole.lacks) == ((), ("other_language",))
    assert "检查" not in str(whole.degraded)
    assert whole.terms == ()


def test_terms_are_named_in_the_language_of_the_question(snapshot: Snapshot) -> None:
    draft = Draft("How often?", "en", "v1", "extractive")
    shown(draft, review(snapshot), quoted("滤网每季更换。"))
    draft.close((), Words(glossary="滤网 | strainer"))
    whole = draft.finish()
    assert whole.terms == (("滤网", "strainer"),)
    assert str(whole.degraded).endswith("Among them: 滤网 = strainer.")


@pytest.mark.parametrize(
    ("language", "lacks", "said"),
    [("en", (), None), ("zh", ("other_language",), "没有语言模型，所以回答用的是文档的原文，是英文。")],
)
def test_documents_in_english_are_told_of_to_who_asks_in_chinese(
    tmp_path: Path, language: Literal["en", "zh"], lacks: tuple[str, ...], said: str | None
) -> None:
    text = "## Pump\n\nIt is checked once a month.\n"
    english = index(tmp_path, manual=text)
    draft = Draft("?", language, "v1", "extractive")
    start = text.index("It is")
    sentence = Sentence("It is checked once a month.", (Quote(0, start, start + 27),))
    passages = [passage(english, english.chunks[0], 1.0)]
    shown(draft, Review(english.documents, passages, "", language, Words(), Surely(), 0.5), sentence)
    draft.close((), Words())
    whole = draft.finish()
    assert whole.citations
    assert (whole.lacks, whole.degraded) == (lacks, said)


def test_stages_are_timed_once_each() -> None:
    draft = Draft("甲", "zh", "v1", "extractive")
    draft.lap("condense")
    draft.lap("decide")
    whole = draft.finish()
    assert set(whole.timings_ms) == {"condense", "decide", "total"}
    assert all(ms >= 0 for ms in whole.timings_ms.values())
