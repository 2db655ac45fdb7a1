"""Differences, noise and removed entries, on rows made by hand."""

from dataclasses import replace

import pytest

from eval.golden.question import GoldenQuestion
from eval.robust.effects import (
    Effect,
    RobustnessError,
    compare,
    hit_among_noise,
    is_distracted,
    measure_effect,
    orphan_of,
    removable,
    sum_up_noise,
)
from eval.score.exchange import Citation, Passage
from eval.score.row import Row

NAMES = {"Velkarra"}


def question(name: str, *entries: str, kind: str = "detail", status: str = "answered") -> GoldenQuestion:
    return GoldenQuestion(name, kind, f"{name}？", "zh", status, list(entries), ["它冻结原模型。"], ["冻结", "16"])


def row(name: str, hit: float | None, status: float, variant: str = "") -> Row:
    figures = {"status": status} | ({} if hit is None else {"hit_1": hit, "hit_5": 1.0})
    asked = replace(question(name, "5.3"), id=name + variant)
    return Row(asked, "answered", figures=figures)


def citation(document: str, entry: str | None = None) -> Citation:
    return Citation(1, entry, document, 0, 4, "LoRA", verbatim=True)


def passages(*places: str | None) -> tuple[Passage, ...]:
    return tuple(Passage(f"c{n}", place, "大纲.md" if place else "noise-1.md", "…") for n, place in enumerate(places))


def test_a_difference_is_paired_and_its_interval_is_of_the_pairs() -> None:
    assert measure_effect([1, 0, 1, 0], [0, 0, 1, 0]).mean == -0.25
    # The same change of every question: no doubt, however the questions differ.
    assert measure_effect([1.0, 0.5, 0.0], [0.75, 0.25, -0.25]) == Effect(3, 0.5, 0.25, -0.25, -0.25)
    with pytest.raises(ValueError, match=r"shorter|longer"):
        measure_effect([1, 1], [1])


def test_variants_are_compared_with_their_own_questions_only() -> None:
    written = [row("a", 1, 1), row("b", 1, 0), row("c", 0, 1), row("d", None, 1)]
    changed = [row("d", None, 0, "#typos"), row("a", 0, 1, "#typos"), row("b", 1, 1, "#typos")]
    compared = compare(written, changed)
    assert (compared["hit_1"].n, compared["hit_1"].written, compared["hit_1"].changed) == (2, 1.0, 0.5)
    assert (compared["status"].n, compared["status"].written) == (3, pytest.approx(2 / 3))
    assert compared["status"].mean == 0
    assert compare(written, [row("d", None, 1, "#typos")]).keys() == {"status"}


def test_noise_takes_the_places_of_entries() -> None:
    seen = replace(row("a", 1, 1), passages=passages(None, "5.1", "5.1", "5.3"))
    assert [hit_among_noise(seen, k) for k in (1, 2, 3)] == [0, 0, 1]  # 5.1 twice is one place
    crowded = replace(seen, passages=passages(None, None, None, None, None, "5.3"))
    assert hit_among_noise(crowded, 5) == 0


def test_an_answer_from_a_distracting_document_or_with_an_invention_is_distracted() -> None:
    plain = replace(row("a", 1, 1), answer="LoRA。[1]", citations=(citation("大纲.md", "5.3"),))
    assert not is_distracted(plain, NAMES)
    assert is_distracted(replace(plain, citations=(*plain.citations, citation("noise-2.md"))), NAMES)
    assert is_distracted(replace(plain, answer="Velkarra 冻结原模型。[1]"), NAMES)
    assert not is_distracted(replace(plain, status="declined", answer="Velkarra"), NAMES)


def test_a_share_of_noise_is_summed_up_against_none() -> None:
    good = [replace(row(name, 1, 1), passages=passages("5.3"), answer="LoRA") for name in "abcd"]
    aside = Row(question("e", kind="out_of_scope", status="not_in_documents"), "declined", figures={"status": 0.0})
    worse = [replace(good[0], passages=passages(None, "5.3"), answer="Velkarra"), *good[1:]]
    made = sum_up_noise(0.4, (60, 100), [*good, aside], [*worse, aside], NAMES)
    assert (made.wanted, made.share, made.passages) == (0.4, 0.4, 100)
    assert (made.hit_1.n, made.hit_1.written, made.hit_1.changed) == (4, 1.0, 0.75)
    assert (made.hit_5.changed, made.status.n, made.status.mean) == (1.0, 5, 0.0)
    assert (made.answered, made.distracted) == (4, 0.25)
    assert made.shown == 0.2  # one of five passages: the refused question has none
    silent = [replace(each, status="declined") for each in worse]
    assert sum_up_noise(0.4, (60, 100), [*good, aside], [*silent, aside], NAMES).distracted is None
    with pytest.raises(RobustnessError, match="has an entry to find"):
        sum_up_noise(0.4, (60, 100), [aside], [aside], NAMES)


def test_entries_are_removed_once_and_only_where_one_question_asks_for_one() -> None:
    fit = [question(f"q-{n}", f"5.{n % 4}") for n in range(12)]
    others = [
        question("s", "5.9", kind="structure"),
        question("f", "5.9", kind="follow_up"),
        question("m", "5.9", "5.8", kind="multi"),
        question("u", "5.9", status="listed_unanswered", kind="unanswered"),
    ]
    chosen = removable([*others, *fit], 3)
    assert len(chosen) == len({q.entries[0] for q in chosen}) == 3
    assert [fit.index(q) for q in chosen] == sorted(fit.index(q) for q in chosen)
    assert removable([*others, *fit], 3) == chosen
    assert len(removable([*others, *fit], 99)) == 4
    with pytest.raises(RobustnessError, match="single entry"):
        removable(others, 3)


def test_what_becomes_of_a_question_without_its_entry() -> None:
    asked = replace(row("a", 1, 1), citations=(citation("大纲.md", "5.4"), citation("大纲.md", "5.4")))
    told = orphan_of(replace(asked, answer="冻结权重，秩为 16。[1]"))
    assert (told.outcome, told.cited, told.removed) == ("elsewhere", ("5.4",), "5.3")
    assert orphan_of(replace(asked, answer="秩为 16。[1]")).outcome == "unfounded"
    for status in ("not_in_documents", "listed_unanswered", "declined"):
        assert orphan_of(replace(asked, status=status)).outcome == "refused"
    assert orphan_of(replace(asked, status="failed")).outcome == "failed"
