"""How templates become pages: one HTML file each that needs no other, every text escaped."""

from collections.abc import Callable

from jinja2 import Environment, PackageLoader, StrictUndefined

from eval.report.page.text import shown


def template_environment(finalize: Callable[[object], object] | None = None) -> Environment:
    """Return what renders the templates of this folder; `finalize` is done to all that is written into a page."""
    made = Environment(
        loader=PackageLoader("eval.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )
    made.filters["shown"] = shown
    return made
