"""Whether a night was better or worse than another, where, and how sure that is, in one sentence."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from eval.nights.comparison import Comparison
from eval.report.night import Against, Report, standing
from eval.report.page.text import change_text, interval_text, label, shown
from eval.score.row import METRICS

Word = Literal["better", "worse", "mixed", "same", "alone"]


@dataclass(frozen=True, slots=True)
class Headline:
    """`word` is against last night; the sentence holds both comparisons."""

    word: Word
    sentence: str


def headline_of(report: Report) -> Headline:
    """Say how tonight compares with last night and with the best night."""
    if not report.last and not report.best:
        return Headline("alone", "There is no earlier night with these questions, so nothing to compare with.")
    sentences = [_compared(report.last, "last night", report.kind_of)]
    if report.best and report.last and report.best.run.id == report.last.run.id:
        sentences[0] = _compared(report.last, "last night (the best so far)", report.kind_of)
    elif report.best:
        date = shown(report.best.run.started)[:10]
        sentences.append(_compared(report.best, f"the best night ({date})", report.kind_of))
    texts = [sentence for _, sentence in sentences]
    return Headline(sentences[0][0], "; ".join([texts[0], *(each[0].lower() + each[1:] for each in texts[1:])]) + ".")


def _compared(against: Against | None, name: str, kind_of: Mapping[str, str]) -> tuple[Word, str]:
    if not against or not against.tested:
        return "alone", f"No question in common with {name}"
    # Times depend on the machine, and a judge is noise: neither makes a night better or worse.
    hard = [each for each in against.tested.values() if METRICS[each.difference.metric].hard]
    by = {word: _greatest([each for each in hard if standing(each) == word]) for word in _WORDS}
    count = f"{len(hard)} figures compared on {_questions(max(t.difference.n for t in hard))}" if hard else "no figures"
    if by["worse"] and by["better"]:
        return "mixed", (
            f"Worse than {name} in {_describe(by['worse'], kind_of)}, and better in {_describe(by['better'], kind_of)}"
        )
    for word in ("worse", "better"):
        if by[word]:
            return word, f"{word.capitalize()} than {name} in {_describe(by[word], kind_of)}"
    for word in ("perhaps worse", "perhaps better"):
        if by[word]:
            chance = f"which may be chance among {count}"
            return "same", f"{word.capitalize()} than {name} in {_describe(by[word], kind_of)}, {chance}"
    return "same", f"The same as {name} as far as can be told ({count})"


_WORDS = ("worse", "better", "perhaps worse", "perhaps better")


def _greatest(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Put the surest first, of equally sure ones the greatest."""
    return sorted(comparisons, key=lambda each: (each.holm, -abs(each.difference.mean)))


def _describe(comparisons: Sequence[Comparison], kind_of: Mapping[str, str]) -> str:
    first = comparisons[0].difference
    text = (
        f"{label(first.metric)}: {change_text(first.metric, first.mean)} on {_questions(first.n)}"
        f" (95 % interval {interval_text(first.metric, first.low, first.high, signed=True)}"
        f"{_where(comparisons[0], kind_of)})"
    )
    if others := [label(each.difference.metric) for each in comparisons[1:]]:
        more = f" and {len(others) - 2} more" if len(others) > 2 else ""
        text += f", also {', '.join(others[:2])}{more}"
    return text


def _where(tested: Comparison, kind_of: Mapping[str, str]) -> str:
    """Name the kind of question that has most of a difference, where it has half or more of it."""
    gains = defaultdict[str, float](float)
    for each in tested.difference.changed:
        gains[kind_of.get(each.id, "")] += each.after - each.before
    sign = 1 if tested.difference.mean > 0 else -1
    kind = max(gains, key=lambda name: sign * gains[name], default="")
    share = gains[kind] / sum(gains.values()) if sum(gains.values()) else 0.0
    if share < 0.5 or len(set(kind_of.values())) == 1:
        return ""
    return f", {'all' if len(gains) == 1 else 'most'} of it in {shown(kind, 40)}"


def _questions(n: int) -> str:
    return f"{n} question" + "s" * (n != 1)
