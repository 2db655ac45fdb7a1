"""The page of what was asked in vain: one HTML file that needs no other."""

from collections.abc import Sequence

from eval.grow.gaps import Gap
from eval.report.page.environment import template_environment


def vain_page(gaps: Sequence[Gap], days: tuple[str, ...], asked: int, least: int) -> str:
    """Return the page; `days` are the first and the last, `asked` is how many questions came in them."""
    return template_environment().get_template("vain.html").render(gaps=gaps, days=days, asked=asked, least=least)
