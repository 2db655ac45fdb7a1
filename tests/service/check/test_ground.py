"""A lead-in's citation: which passage carries it, by a support that is set by hand."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from ingest.chunk import Note
from service.check.ground import Grounder
from service.check.quotes import Checker
from service.check.support import NOTHING, Supported
from service.search.passages import Passage
from service.write.writer import Claim, Sentence
from tests.support.packs import WORDS

TEXTS = ("T5 把任务统一为文本到文本。", "主要的改进点包括：动态掩码。", "T5 有编码器和解码器。")
ENTRIES = ("1.18", "1.19", "1.18")
LEAD, ITEM = "T5 的创新点包括：", "- 统一的框架。"


class BySentence:
    """A sentence is carried by the passage whose number is given for it, and by no other."""

    def __init__(self, carried: Mapping[str, int]) -> None:
        self.carried = carried

    async def score(self, sentence: str, passages: Sequence[Passage], question: str) -> list[Supported]:
        wanted = self.carried.get(sentence)
        return [Supported(0, 4, 0.9) if p.chunk_id == str(wanted) else NOTHING for p in passages]


def ground(carried: Mapping[str, int], *texts: str) -> list[Sentence]:
    passages = [
        Passage(str(n), entry, "大纲.md", (), 100 * n, 100 * n + len(text), text, 1.0)
        for n, (entry, text) in enumerate(zip(ENTRIES, TEXTS, strict=True))
    ]
    grounder = Grounder(BySentence(carried), WORDS, passages, "T5 的创新点？", "zh", 0.65)

    async def every() -> list[Sentence]:
        return [s for text in texts for s in await grounder.ground(Claim(text, ()))]

    return asyncio.run(every())


@pytest.mark.parametrize(
    ("lead", "item", "cited"),
    [
        (1, 0, 0),  # what carries it is of another entry than what it announces
        (2, 0, 2),  # of the same entry: it stays
        (None, 0, 0),  # it only takes up the question
        (1, 1, 1),
    ],
)
def test_a_lead_in_cites_the_entry_of_what_it_announces(lead: int | None, item: int, cited: int) -> None:
    carried = {ITEM: item} if lead is None else {LEAD: lead, ITEM: item}
    first, second = ground(carried, LEAD, ITEM)
    assert (first.text, second.text) == (LEAD, ITEM)
    assert [quote.passage for quote in first.quotes] == [cited]
    assert [quote.passage for quote in second.quotes] == [item]


def test_a_lead_in_that_announces_nothing_is_not_shown() -> None:
    assert ground({LEAD: 0}, LEAD) == []
    assert ground({LEAD: 0}, LEAD, ITEM) == []


class ByNote:
    """Carries whatever is said by the footnote of a passage, as surely or as little as it is told."""

    def __init__(self, probability: float) -> None:
        self.probability = probability

    async def score(self, sentence: str, passages: Sequence[Passage], question: str) -> list[Supported]:
        return [
            Supported(p.notes[0].start - p.start, p.notes[0].end - p.start, self.probability, 0.99) for p in passages
        ]


@pytest.mark.parametrize(("probability", "said"), [(0.9, "大修在雨季以前。"), (0.1, "雨季前，由班长签字。")])
def test_a_footnote_that_stands_elsewhere_is_cited_where_it_stands(probability: float, said: str) -> None:
    text, note = "每年大修[^1]。", "[^1]: 雨季前，由班长签字。"
    document = f"# 水泵\n\n{text}\n\n## 附注\n\n{note}\n"
    start, at = document.index(text), document.index(note)
    notes = (Note(at, at + len(note), note),)
    held = Passage("c", None, "a.md", ("水泵",), start, start + len(text), text, 1.0, None, notes)
    grounder = Grounder(ByNote(probability), WORDS, [held], "何时大修？", "zh", 0.65)
    (sentence,) = asyncio.run(grounder.ground(Claim("大修在雨季以前。", (0,))))
    (quote,) = sentence.quotes
    assert sentence.text == said
    assert document[quote.start : quote.end] == note
    checked = Checker({"a.md": document}, [held]).check(sentence)
    assert checked is not None
    assert [citation.quote for citation in checked.citations] == [note]
