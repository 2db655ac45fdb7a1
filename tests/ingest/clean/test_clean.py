import json
from dataclasses import asdict, replace
from pathlib import Path

from ingest.clean import Alias, Change, CleanSteps, Skipped, Source, clean_sources
from ingest.clean.report import NearPair, Spot
from ingest.read.files import read
from tests.support.paths import ROOT

OUTLINE = ROOT / "ingest" / "corpus" / "大模型全技术面试大纲.md"
OFF = CleanSteps(mojibake=False, whitespace=False, secrets=False, comments=False, duplicates=False)
LONG = "预训练、监督微调和强化学习是大模型训练的三个阶段，注意力机制让模型关注重要的词。" * 3


def source(name: str, text: str, encoding: str = "utf-8") -> Source:
    return Source(name, text, "0" * 64, Path(name), encoding)


def test_the_outline_comes_out_byte_for_byte() -> None:
    sources, skipped = read([OUTLINE])
    (cleaned,), report = clean_sources(sources, CleanSteps(), skipped)
    assert cleaned.text.encode() == OUTLINE.read_bytes()
    assert cleaned.name == OUTLINE.name
    assert (report.changes, report.aliases, report.skipped) == ((), (), ())


def test_every_step_shows_in_the_report() -> None:
    dirty = source("a.md", "donâ€™t\r\n写信给 user@example.com\r\n", "gb18030")
    skipped = Skipped("b.md", "empty")
    (cleaned,), report = clean_sources([dirty], CleanSteps(), [skipped])
    assert cleaned.text == "don’t\n写信给 [email]\n"
    assert report.changes == (
        Change("a.md", "decode", "file read as gb18030", 1, ()),
        Change("a.md", "mojibake", "text in a wrong encoding repaired", 1, (1,)),
        Change("a.md", "whitespace", "line end made a line feed", 2, (1, 2)),
        Change("a.md", "secrets", "email", 1, (2,)),
    )
    assert (report.sources, report.kept, report.characters) == (1, 1, 18)
    assert json.loads(json.dumps(asdict(report)))["changes"][3]["lines"] == [2]
    assert str(report).splitlines() == [
        "1 files read, 1 kept (18 characters), 0 duplicates, 0 near pairs, 1 skipped",
        "decode: 1 changes in 1 files",
        "  a.md: 1 x file read as gb18030",
        "mojibake: 1 changes in 1 files",
        "  a.md: 1 x text in a wrong encoding repaired (line 1)",
        "whitespace: 2 changes in 1 files",
        "  a.md: 2 x line end made a line feed (line 1, 2)",
        "secrets: 1 changes in 1 files",
        "  a.md: 1 x email (line 2)",
        "skipped:",
        "  b.md: empty",
    ]


def test_every_step_can_be_switched_off() -> None:
    text = "donâ€™t\r\nuser@example.com\r\n"
    sources = [source("a.md", text), source("b.md", text)]
    kept, report = clean_sources(sources, OFF)
    assert [each.text for each in kept] == [text, text]
    assert (report.changes, report.aliases) == ((), ())
    for step, expected in [
        ("mojibake", "don’t\r\nuser@example.com\r\n"),
        ("whitespace", "donâ€™t\nuser@example.com\n"),
        ("secrets", "donâ€™t\r\n[email]\r\n"),
    ]:
        kept, report = clean_sources(sources, replace(OFF, **{step: True}))
        assert [each.text for each in kept] == [expected, expected]
        assert {change.step for change in report.changes} == {step}


def test_equal_documents_become_aliases_of_the_first() -> None:
    sources = [
        source("a.md", LONG),
        source("b.md", LONG.replace("三个", "四个", 1)),
        source("c.md", LONG + "\n"),
        source("d.md", "别的"),
    ]
    kept, report = clean_sources(sources, CleanSteps())
    assert [(each.name, each.aliases) for each in kept] == [("a.md", ("c.md",)), ("b.md", ()), ("d.md", ())]
    assert report.aliases == (Alias("c.md", "a.md"),)
    assert "  c.md = a.md (exact)" in str(report).splitlines()


def test_the_report_names_near_pairs() -> None:
    _, report = clean_sources([source("a.md", LONG)], CleanSteps())
    pair = NearPair((Spot("a.md", "端口", (3, 5)),), (Spot("b.md", "", (7, 7)),), 0.955, (("5432", "5433"),))
    said = str(replace(report, near=(pair,))).splitlines()
    assert "1 near pairs" in said[0]
    assert said[1:] == ["near pairs, all indexed:", "  a.md, 端口, lines 3-5 ~ b.md, line 7 (0.95): '5432' / '5433'"]


def test_duplicates_are_found_after_cleaning() -> None:
    kept, _ = clean_sources([source("a.md", "一\r\n13912345678"), source("b.md", "一\n13912345679")], CleanSteps())
    assert [(each.text, each.aliases) for each in kept] == [("一\n[phone]", ("b.md",))]


def test_the_report_shows_the_first_lines_only() -> None:
    _, report = clean_sources([source("a.md", "a\r\n" * 30)], CleanSteps())
    assert report.changes == (Change("a.md", "whitespace", "line end made a line feed", 30, tuple(range(1, 11))),)
    assert "(line 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...)" in str(report)


def test_nothing_in_nothing_out() -> None:
    kept, report = clean_sources([], CleanSteps())
    assert (kept, report.sources, report.kept) == ([], 0, 0)
