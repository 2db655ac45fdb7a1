"""Scores, sums and tables, against figures counted by hand."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from eval.golden.question import GoldenQuestion
from eval.score.exchange import Citation, Exchange, Reply
from eval.score.figures import Assessment, Share, assess, citation_figures, confusion, means, rank, refusals
from eval.score.tables import show, to_json

GOOD = Citation(1, "5.3", "大纲.md", 0, 2, "甲。", verbatim=True)


def asked(
    kind: str = "detail",
    expected: str = "answered",
    given: str = "answered",
    *,
    entries: tuple[str, ...] = ("5.3",),
    ranked: tuple[str, ...] = ("3.8", "5.3"),
    answer: str = "甲。 [1]",
    citations: tuple[Citation, ...] = (GOOD,),
    key_points: tuple[str, ...] = ("甲",),
) -> Exchange:
    question = GoldenQuestion("q-1", kind, "甲？", "zh", expected, list(entries), [], list(key_points))
    return Exchange(question, "甲？", ranked, Reply(given, answer, citations, "extractive", "v1"), 0.1, 0.2)


def test_ranking_is_scored_against_the_gold_entries() -> None:
    found = rank(("3.8", "5.3"), ["5.3"])
    assert (found.hit_1, found.hit_3, found.hit_5, found.reciprocal_rank) == (0, 1, 1, 0.5)
    assert found.ndcg_10 == pytest.approx(0.6309298)
    assert assess(asked()).ranking == found


def test_questions_without_gold_or_about_the_outline_are_not_ranked() -> None:
    assert assess(asked("out_of_scope", "not_in_documents", entries=())).ranking is None
    assert assess(asked("structure", entries=("5.3",))).ranking is None
    assert assess(asked("unanswered", "listed_unanswered")).ranking is not None


def test_a_sound_reply_has_no_fault() -> None:
    checked = assess(asked()).citing
    assert checked
    assert checked.sound
    assert (checked.citations, checked.precision, checked.recall) == (1, 1.0, 1.0)
    assert checked.holds_key_points is None


def test_each_broken_guarantee_is_found() -> None:
    other = replace(GOOD, n=3, entry_id=None, verbatim=False)
    checked = assess(asked(answer="甲。 [1][2]\n\n乙。", citations=(GOOD, other))).citing
    assert checked
    assert not checked.sound
    assert checked.not_verbatim == [3]
    assert checked.marks_without_citation == [2]
    assert checked.citations_without_mark == [3]
    assert checked.without_mark == ["乙。"]
    assert (checked.precision, checked.recall) == (0.5, 1.0)


def test_citations_are_checked_in_answered_replies_only() -> None:
    assert assess(asked(given="listed_unanswered")).citing is None
    answered_wrongly = assess(asked("out_of_scope", "not_in_documents", entries=())).citing
    assert answered_wrongly
    assert answered_wrongly.precision is None


def test_structure_answers_are_held_to_their_numbers() -> None:
    right = assess(asked("structure", answer="共 146 个，59 个没有答案。 [1]", key_points=("146", "59"))).citing
    wrong = assess(asked("structure", answer="共 146 个。 [1]", key_points=("146", "59"))).citing
    assert right
    assert wrong
    assert (right.holds_key_points, wrong.holds_key_points) == (True, False)
    assert right.precision is None


def scores() -> list[Assessment]:
    return [
        assess(each)
        for each in (
            asked(ranked=("5.3",)),
            asked(ranked=("3.8", "5.3"), given="listed_unanswered"),
            asked(ranked=(), given="declined"),
            asked("unanswered", "listed_unanswered", "listed_unanswered", ranked=("5.3",)),
            asked("unanswered", "listed_unanswered", "answered"),
            asked("out_of_scope", "not_in_documents", "not_in_documents", entries=()),
            asked("out_of_scope", "not_in_documents", "declined", entries=()),
            asked("out_of_scope", "not_in_documents", "answered", entries=(), answer="甲。"),
            asked("injection", "declined", "declined", entries=()),
        )
    ]


def test_rows_are_means_by_kind_and_over_all() -> None:
    table = means(scores())
    assert list(table) == ["detail", "unanswered", "out_of_scope", "injection", "all"]
    detail = table["detail"]
    assert (detail.n, detail.ranked, detail.status) == (3, 3, 1 / 3)
    assert detail.ranking
    assert (detail.ranking.hit_1, detail.ranking.hit_5, detail.ranking.reciprocal_rank) == (1 / 3, 2 / 3, 0.5)
    assert table["injection"].ranking is None
    assert (table["all"].n, table["all"].ranked, table["all"].status) == (9, 5, 4 / 9)


def test_confusion_counts_expected_and_given() -> None:
    counts = confusion(scores())
    assert counts["answered", "listed_unanswered"] == 1
    assert counts["not_in_documents", "answered"] == 1
    assert counts["declined", "declined"] == 1
    assert counts.total() == 9


def test_refusals_are_shares_of_what_was_expected() -> None:
    assert list(refusals(scores()).values()) == [Share(1, 2), Share(1, 3), Share(2, 3), Share(1, 3)]


def test_citing_sums_up_the_answered_replies() -> None:
    figures = citation_figures(scores())
    assert figures["quotes verbatim"] == Share(3, 3)
    assert figures["answers whose every citation has a mark"] == Share(2, 3)
    assert figures["answers whose every statement has a mark"] == Share(2, 3)
    assert figures["precision of the entries cited"] == 1.0
    assert figures["structure answers with all key points"] == Share(0, 0)


def test_a_share_of_nothing_has_no_percentage() -> None:
    assert (str(Share(1, 3)), str(Share(0, 0))) == ("1/3 (33.3%)", "0/0")


def test_tables_fit_80_columns_and_name_what_is_broken() -> None:
    out = io.StringIO()
    show(scores(), Console(file=out, width=80))
    shown = out.getvalue()
    assert "…" not in shown
    assert "not in the documents, refused 2/3 (66.7%)" in " ".join(shown.split())
    assert "q-1: {'citations_without_mark': [1], 'without_mark': ['甲。']}" in shown


def test_json_pairs_results_with_questions() -> None:
    replies = [asked(), asked(given="declined")]
    made = json.loads(json.dumps(to_json(replies, [assess(each) for each in replies])))
    assert made["index_versions"] == ["v1"]
    assert made["kinds"]["all"]["status"] == 0.5
    assert made["refusals"]["answered in the outline, refused"] == {"count": 1, "total": 2}
    first, second = made["questions"]
    assert (first["id"], first["given"], first["ranking"]["reciprocal_rank"]) == ("q-1", "answered", 0.5)
    assert first["got"]["ranked"] == ["3.8", "5.3"]
    assert first["got"]["gold"] == ["5.3"]
    assert first["got"]["citations"][0]["quote"] == "甲。"
    assert second["citing"] is None
