"""Figures of a reply, computed by hand."""

from eval.golden.question import GoldenQuestion
from eval.score.exchange import Citation, Exchange, Passage, Reply
from eval.score.scoring import row_of, unreplied

QUESTION = GoldenQuestion("q1", "detail", "LoRA?", "en", "answered", ["5.3", "5.4"], [], [])
QUOTE = Citation(1, "5.3", "d.md", 0, 9, "LoRA 冻结权重。", verbatim=True)


def asked(answer: str, *citations: Citation, status: str = "answered", degraded: str | None = None) -> Exchange:
    reply = Reply(status, answer, citations, "extractive", "v1", degraded, {"embed": 2.0})
    ranked = ("3.8", "5.3", "1.1", "1.2", "1.3", "5.4")
    return Exchange(QUESTION, "LoRA?", ranked, reply, 0.012, 0.25, (Passage("c", "3.8", "d.md", "x"),))


def test_a_sound_answer() -> None:
    row = row_of(asked("LoRA 冻结权重。[1]", QUOTE))
    assert row.figures == {
        "status": 1.0,
        "replied": 1.0,
        "whole": 1.0,
        "search_ms": 12.0,
        "ask_ms": 250.0,
        "hit_1": 0.0,
        "hit_3": 1.0,
        "hit_5": 1.0,
        "reciprocal_rank": 0.5,
        "ndcg_10": row.figures["ndcg_10"],
        "context_precision_id": 0.2,
        "context_recall_id": 0.5,
        "marked": 1.0,
        "verbatim": 1.0,
        "unbroken": 1.0,
        "citation_precision": 1.0,
        "citation_recall": 0.5,
    }
    assert (row.passages[0].entry_id, row.searched, row.timings_ms) == ("3.8", "LoRA?", {"embed": 2.0})


def test_faults_of_citations_show() -> None:
    false = Citation(2, "1.1", "d.md", 0, 9, "made up", verbatim=False)
    row = row_of(asked("LoRA 冻结权重。[1] 它很快。[2] 没有出处。", QUOTE, false))
    assert row.figures["verbatim"] == 0.5
    assert row.figures["marked"] == 0.0
    assert row.figures["citation_precision"] == 0.5


def test_a_refusal_has_no_figures_of_citations() -> None:
    row = row_of(asked("没有。", status="not_in_documents", degraded="no model"))
    assert row.figures["status"] == row.figures["whole"] == 0.0
    assert not {"marked", "verbatim", "citation_precision"} & set(row.figures)


def test_no_reply_is_wrong_in_all_that_was_expected() -> None:
    row = unreplied(QUESTION, "timed out")
    assert set(row.figures.values()) == {0.0}
    assert "hit_1" in row.figures
    none = unreplied(GoldenQuestion("o1", "out_of_scope", "?", "en", "not_in_documents", [], [], []), "x")
    assert set(none.figures) == {"replied", "status"}
