"""From a reply to a row: the figures that need no model."""

from eval.ask.client import Asked
from eval.golden.check import Question
from eval.score import metrics, tables
from eval.score.row import Row

CONTEXT = 5  # distinct entries that stand for the retrieved context


def score(asked: Asked) -> Row:
    """Return the row of a question that was replied to, with its figures for search, status, citations and time."""
    question, reply = asked.question, asked.reply
    scored = tables.score(asked)
    figures = {
        "status": float(reply.status == question.status),
        "replied": 1.0,
        "whole": float(reply.degraded is None),
        "search_ms": round(asked.search_seconds * 1000, 2),
        "ask_ms": round(asked.ask_seconds * 1000, 2),
    }
    if scored.ranking:
        found = asked.ranked[:CONTEXT]
        figures |= {name: getattr(scored.ranking, name) for name in tables.Ranking.__slots__}
        figures["context_precision_id"] = metrics.precision(found, question.entries) if found else 0.0
        figures["context_recall_id"] = metrics.recall(found, question.entries)
    if scored.citing:
        figures |= _citing(scored.citing)
        if reply.citations:
            figures["unbroken"] = sum(c.unbroken for c in reply.citations) / len(reply.citations)
    return Row(
        question=question,
        status=reply.status,
        answer=reply.answer,
        citations=reply.citations,
        ranked=asked.ranked,
        passages=asked.passages,
        searched=asked.searched,
        generator=reply.generator,
        index_version=reply.index_version,
        degraded=reply.degraded,
        timings_ms=reply.timings_ms,
        figures=figures,
    )


def unreplied(question: Question, reason: str) -> Row:
    """Return the row of a question that the service gave nothing for: wrong in all that was expected of it."""
    figures = {"replied": 0.0, "status": 0.0}
    if question.entries and question.kind != tables.UNSORTED:
        figures |= dict.fromkeys(tables.Ranking.__slots__, 0.0)
    return Row(question, "failed", figures=figures, failures={"replied": reason})


def _citing(citing: tables.Citing) -> dict[str, float]:
    figures = {"marked": float(not (citing.without_mark or citing.marks_without_citation))}
    if citing.citations:
        figures["verbatim"] = 1 - len(citing.not_verbatim) / citing.citations
    if citing.precision is not None and citing.recall is not None:
        figures |= {"citation_precision": citing.precision, "citation_recall": citing.recall}
    return figures
