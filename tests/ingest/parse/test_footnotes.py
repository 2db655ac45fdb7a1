"""Footnotes are read where their marks stand: in passages, their search and their lines."""

import pytest

from ingest.chunk import chunk
from ingest.chunk.recursive import RecursiveChunker
from ingest.chunk.window import WindowChunker
from ingest.pack import none
from ingest.parse import outline
from service.check.quotes import Checker
from service.search.passages import Passage
from service.write.line import lines_of
from service.write.tree import Tree
from service.write.writer import Quote, Sentence

TEXT = """# 水泵

## 保养

阀门每月检查一次[^持证]。泵体每年大修[^2]。

## 运输

用木箱运输。

## 注释

[^持证]: 由持证人员检查。
    不得代签。

    记录存三年。
[^2]: 在雨季之前。
[^none]: 无人提到的一条。
"""


def test_definitions_are_notes_of_what_is_marked_and_no_passages() -> None:
    document, entries = outline.parse("a.md", TEXT)
    chunks = chunk(document, entries, WindowChunker(0))
    assert [(each.text, [note.said for note in each.notes]) for each in chunks] == [
        ("阀门每月检查一次[^持证]。", ["由持证人员检查。\n    不得代签。\n\n    记录存三年。"]),
        ("泵体每年大修[^2]。", ["在雨季之前。"]),
        ("用木箱运输。", []),
        ("[^none]: 无人提到的一条。", []),
    ]
    assert chunks[1].indexed == "水泵 > 保养\n泵体每年大修[^2]。\n在雨季之前。"
    for each in chunks:
        assert type(each).from_json(each.to_json()) == each
        assert all(TEXT[note.start : note.end] == note.text for note in each.notes)


@pytest.mark.parametrize(
    ("text", "kinds"), [("a\n\n[^1]: b", ["paragraph", "list_item"]), ("a[^1]\n[^1]: b", ["paragraph", "note"])]
)
def test_a_definition_that_nothing_marks_is_text(text: str, kinds: list[str]) -> None:
    document, _ = outline.parse("a.md", text)
    assert [block.kind for section in document.sections for block in section.blocks] == kinds


def test_a_line_brings_its_note_and_a_note_its_line() -> None:
    document, entries = outline.parse("a.md", TEXT)
    first = chunk(document, entries, RecursiveChunker(60))[0]
    passage = Passage(
        first.id, None, "a.md", first.heading_path, first.start, first.end, first.text, 1.0, notes=first.notes
    )
    lines = lines_of(0, passage, none().words)
    assert [line.unit.kind for line in lines] == ["paragraph", "paragraph", "note", "note"]
    tree = Tree.of(lines)
    assert (tree.whole([0]), tree.whole([3])) == ({0, 2}, {1, 3})
    start, end = first.notes[1].start, first.notes[1].end
    assert lines[3].quote([passage]) == Quote(0, start, end)
    checked = Checker({"a.md": TEXT}, [passage]).check(Sentence(lines[3].text, (Quote(0, start, end),), ""))
    assert checked is not None
    assert checked.citations[0].quote == "[^2]: 在雨季之前。"
    assert checked.text == "[^2\\]: 在雨季之前。 [1]"  # its label is no mark of a citation
