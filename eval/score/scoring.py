"""From a reply to a row: the figures that need no model."""

from dataclasses import replace

from eval.golden.question import UNSORTED, GoldenQuestion
from eval.score import measures, rubric
from eval.score.exchange import Exchange
from eval.score.figures import Citing, Ranking, assess
from eval.score.row import Row

CONTEXT = 5  # distinct entries that stand for the retrieved context


def row_of(exchange: Exchange) -> Row:
    """Return the row of a question that was replied to, with its figures for search, status, citations and time."""
    question, reply = exchange.question, exchange.reply
    assessment = assess(exchange)
    figures = {
        "status": float(reply.status == question.status),
        "replied": 1.0,
        "whole": float(reply.degraded is None),
        "search_ms": round(exchange.search_seconds * 1000, 2),
        "ask_ms": round(exchange.ask_seconds * 1000, 2),
    }
    if assessment.ranking:
        context = exchange.ranked[:CONTEXT]
        figures |= {name: getattr(assessment.ranking, name) for name in Ranking.__slots__}
        figures["context_precision_id"] = measures.precision(context, question.entries) if context else 0.0
        figures["context_recall_id"] = measures.recall(context, question.entries)
    if assessment.citing:
        figures |= _citing(assessment.citing)
        if reply.citations:
            figures["unbroken"] = sum(c.unbroken for c in reply.citations) / len(reply.citations)
    row = Row(
        question=question,
        status=reply.status,
        answer=reply.answer,
        citations=reply.citations,
        ranked=exchange.ranked,
        passages=exchange.passages,
        searched=exchange.searched,
        generator=reply.generator,
        index_version=reply.index_version,
        degraded=reply.degraded,
        timings_ms=reply.timings_ms,
    )
    return replace(row, figures=figures | rubric.grade(row))


def unreplied(question: GoldenQuestion, reason: str) -> Row:
    """Return the row of a question that the service gave nothing for: wrong in all that was expected of it."""
    figures = {"replied": 0.0, "status": 0.0}
    if question.entries and question.kind != UNSORTED:
        figures |= dict.fromkeys(Ranking.__slots__, 0.0)
    return Row(question, "failed", figures=figures, failures={"replied": reason})


def _citing(citing: Citing) -> dict[str, float]:
    figures = {"marked": float(not (citing.without_mark or citing.marks_without_citation))}
    if citing.citations:
        figures["verbatim"] = 1 - len(citing.not_verbatim) / citing.citations
    if citing.precision is not None and citing.recall is not None:
        figures |= {"citation_precision": citing.precision, "citation_recall": citing.recall}
    return figures
