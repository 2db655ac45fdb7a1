"""The page of a shadow run: one HTML file that needs no other."""

from collections.abc import Sequence

from eval.report.page.environment import template_environment
from eval.traffic.comparisons import Arm, Movement, Pair, outcomes, statuses

EXAMPLES = 20  # pairs that differ, the newest


def shadow_page(pairs: Sequence[Pair], found: Sequence[Movement], days: tuple[str, ...]) -> str:
    """Return the page; `days` are the first and the last. Pairs without their words are counted and not shown."""
    differing = [pair for pair in reversed(pairs) if pair.rows and pair.outcome != "same"]
    return (
        template_environment()
        .get_template("shadow.html")
        .render(
            pairs=len(pairs),
            days=days,
            arms=[sorted({f"{arm.writer} on {arm.index_version}" for arm in side}) for side in _sides(pairs)],
            outcomes=outcomes(pairs),
            statuses=statuses(pairs),
            changes=found,
            examples=differing[:EXAMPLES],
            differing=len(differing),
            words=any(pair.rows for pair in pairs),
        )
    )


def _sides(pairs: Sequence[Pair]) -> tuple[list[Arm], list[Arm]]:
    return [pair.shown for pair in pairs], [pair.candidate for pair in pairs]
