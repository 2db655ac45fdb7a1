"""The page of what was asked in vain: one HTML file that needs no other."""

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from eval.grow.gaps import Gap
from eval.report.page.text import shown


def vain_page(gaps: Sequence[Gap], days: tuple[str, ...], asked: int, least: int) -> str:
    """Return the page; `days` are the first and the last, `asked` is how many questions came in them."""
    made = Environment(
        loader=PackageLoader("eval.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["shown"] = shown
    return made.get_template("vain.html").render(gaps=gaps, days=days, asked=asked, least=least)
