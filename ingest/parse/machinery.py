"""Lines that are for what shows a Markdown file: marks of admonitions, imports of MDX, includes, bare pictures."""

import re

from ingest.parse.wiki import EMBEDS

# Docusaurus, VitePress and Pandoc; Material for MkDocs. A title that one has is text.
TITLED = re.compile(
    r"[ \t]*(?::{3,}[ \t]*(?:[A-Za-z][A-Za-z-]*(?:\[(?P<bracket>[^\]]+)\]|[ \t]+(?P<plain>[^{}\n]*[^{}\s]))?)?"
    r"[ \t]*(?:\{[^}\n]*\})?"
    r"|(?:!!!|\?\?\?\+?)[ \t]+[a-z][a-z-]*(?:[ \t]+\"(?P<quoted>[^\"\n]*)\")?"
    # GitHub and Obsidian: the first line of a quotation.
    r"|(?:>[ \t]?)+\[![A-Za-z][\w-]*(?:\|[^\]\n]*)?\][-+]?(?:[ \t]+(?P<alert>\S[^\n]*?))?)[ \t]*"
)
UNTITLED = re.compile(
    r"import[ \t]+(?:[\w{}*,$ \t]{1,200}[ \t]from[ \t]+)?(?:'[^']+'|\"[^\"]+\");?[ \t]*"
    r"|export[ \t]+(?:const|let|default)[ \t][^\n]*"
    r"|[ \t]*\{/\*.*\*/\}[ \t]*"
    r"|[ \t]*\{%-?[ \t]*include\b.*%\}[ \t]*"
    r"|[ \t]*-{1,2}8<-{1,2}[ \t]*(?:[\"'].*[\"'])?[ \t]*"
    r"|[ \t]*!{3}[ \t]*include[ \t]*\(.*\)[ \t]*!{3}[ \t]*"
    r"|[ \t]*(?:!\[[ \t]*\](?:\([^()\n]*\)|\[[^\]\n]*\])[ \t]*)+"  # pictures that say nothing of themselves
    rf"|{EMBEDS.pattern}"
)


def title_span(line: str) -> tuple[int, int] | None:
    """Return where in such a line its title stands, an empty span without one; None for any other line."""
    if match := TITLED.fullmatch(line):
        name = next((name for name, title in match.groupdict().items() if title), None)
        return match.span(name) if name else (0, 0)
    return (0, 0) if UNTITLED.fullmatch(line) else None
