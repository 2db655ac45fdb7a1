"""Lines that are for the program that shows a Markdown file: marks of admonitions, imports of MDX, includes."""

import re

# Docusaurus, VitePress and Pandoc; Material for MkDocs. A title that one has is text.
TITLED = re.compile(
    r"[ \t]*(?::{3,}[ \t]*(?:[A-Za-z][A-Za-z-]*(?:\[(?P<bracket>[^\]]+)\]|[ \t]+(?P<plain>[^{}\n]*[^{}\s]))?)?"
    r"[ \t]*(?:\{[^}\n]*\})?"
    r"|(?:!!!|\?\?\?\+?)[ \t]+[a-z][a-z-]*(?:[ \t]+\"(?P<quoted>[^\"\n]*)\")?)[ \t]*"
)
UNTITLED = re.compile(
    r"import[ \t]+(?:[\w{}*,$ \t]{1,200}[ \t]from[ \t]+)?(?:'[^']+'|\"[^\"]+\");?[ \t]*"
    r"|export[ \t]+(?:const|let|default)[ \t][^\n]*"
    r"|[ \t]*\{/\*.*\*/\}[ \t]*"
    r"|[ \t]*\{%-?[ \t]*include\b.*%\}[ \t]*"
    r"|[ \t]*-{1,2}8<-{1,2}[ \t]*(?:[\"'].*[\"'])?[ \t]*"
    r"|[ \t]*!{3}[ \t]*include[ \t]*\(.*\)[ \t]*!{3}[ \t]*"
)


def title_span(line: str) -> tuple[int, int] | None:
    """Return where in such a line its title stands, an empty span without one; None for any other line."""
    if match := TITLED.fullmatch(line):
        name = next((name for name, title in match.groupdict().items() if title), None)
        return match.span(name) if name else (0, 0)
    return (0, 0) if UNTITLED.fullmatch(line) else None
