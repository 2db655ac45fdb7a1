"""Lines that are for what shows a Markdown file: marks of admonitions, imports of MDX, includes, bare pictures."""

import re

from ingest.parse.wiki import EMBEDS

# Docusaurus, VitePress and Pandoc; Material for MkDocs. A title that one has is text.
TITLED = re.compile(
    r"[ \t]*(?::{3,}[ \t]*(?:[A-Za-z][A-Za-z-]*(?:\[(?P<bracket>[^\]]+)\]|[ \t]+(?P<plain>[^{}\n]*[^{}\s]))?)?"
    r"[ \t]*(?:\{[^}\n]*\})?"
    r"|(?:!!!|\?\?\?\+?)[ \t]+[a-z][a-z-]*(?:[ \t]+\"(?P<quoted>[^\"\n]*)\")?"
    # Its tabs, and its blocks of slashes; MyST's fences; reStructuredText.
    r"|={3}[+!]?[ \t]+\"(?P<tab>[^\"\n]*)\""
    r"|/{3,}(?:[ \t]+[a-z][a-z-]*(?:[ \t]*\|[ \t]*(?P<slashed>\S[^\n]*?))?)?"
    r"|(?:`{3,}|~{3,})\{[a-z][\w:-]*\}(?:[ \t]+(?P<fenced>\S[^\n]*?))?"
    r"|\.\.[ \t]+(?:admonition|attention|caution|danger|error|hint|important|note|tip|warning)::"
    r"(?:[ \t]+(?P<directive>\S[^\n]*?))?"
    # GitHub and Obsidian: the first line of a quotation.
    r"|(?:>[ \t]?)+\[![A-Za-z][\w-]*(?:\|[^\]\n]*)?\][-+]?(?:[ \t]+(?P<alert>\S[^\n]*?))?)[ \t]*"
)
# Components of MDX, tags of Liquid (GitBook, Jekyll) and shortcodes of Hugo; some have a title among their attributes.
VALUE = r"(?:\"[^\"\n]*\"|'[^'\n]*'|\{(?:[^{}\n]|\{[^{}\n]*\})*\})"
TAGGED = re.compile(
    rf"[ \t]*(?:<[A-Z][\w.]*(?:[ \t]+[\w:-]+(?:={VALUE})?|[ \t]*\{{[^{{}}\n]*\}})*[ \t]*/?>|</[A-Z][\w.]*>"
    r"|\{%-?[ \t]*\w(?:[^%\n]|%(?!\}))*%\}"
    r"|\{\{[<%](?:[^>%\n]|[>%](?!\}\}))*[>%]\}\})[ \t]*"
)
TITLE = re.compile(r"\b(?:title|label|summary|header|caption)=([\"'])(?P<title>(?=[^\"'\n]*\w)[^\"'\n]+)\1")
UNTITLED = re.compile(
    r"[ \t]*\{/\*.*\*/\}[ \t]*"
    r"|[ \t]*;?-{1,2}8<-{1,2}[ \t]*(?:[\"'].*[\"'])?[ \t]*"
    r"|[ \t]*!{3}[ \t]*include[ \t]*\(.*\)[ \t]*!{3}[ \t]*"
    r"|[ \t]*(?:!\[[ \t]*\](?:\([^()\n]*\)|\[[^\]\n]*\])[ \t]*)+"  # pictures that say nothing of themselves
    r"|[ \t]*\{\{(?![<%])[^{}\n]*\}\}[ \t]*"  # mdBook, Jinja, Handlebars
    r"|[ \t]*(?:<<<[ \t]*@?[\w./~-]\S*|@include\([^()\n]*\)|!INCLUDE[ \t]+\"[^\"\n]*\""
    r"|include::\S+\[[^\]\n]*\])[ \t]*"
    r"|[ \t]*\[!INCLUDE[ \t]*\[[^\]\n]*\]\([^()\n]*\)\][ \t]*|[ \t]*<xi:include\b[^<>\n]*/>[ \t]*"
    r"|\.\.[ \t]+(?:include|literalinclude|image|figure|toctree|contents|raw|index)::[^\n]*"
    r"|[ \t]*(?:\[TOC\]|\[\[_?[Tt][Oo][Cc]_?\]\]|\{:[^{}\n]*\})[ \t]*"  # for contents; kramdown
    r"|[ \t]*%%(?:[^%\n]|%(?!%))+%%[ \t]*|\[(?://|comment)\]:[ \t]*(?:#|<>)[ \t]*[(\"'][^\n]*"  # comments
    # Where links lead that the text names; a number may be one of a list of references.
    r"| {0,3}\[(?!\^|\d+\])[^\[\]\n]{1,80}\]:[ \t]*<?(?:https?://|mailto:|\.{0,2}/|#)[^\s<>]*>?"
    r"(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*"
    rf"|{EMBEDS.pattern}"
)


def title_span(line: str) -> tuple[int, int] | None:
    """Return where in such a line its title stands, an empty span without one; None for any other line."""
    if match := TITLED.fullmatch(line):
        name = next((name for name, title in match.groupdict().items() if title), None)
        return match.span(name) if name else (0, 0)
    if TAGGED.fullmatch(line):
        return match.span("title") if (match := TITLE.search(line)) else (0, 0)
    return (0, 0) if UNTITLED.fullmatch(line) else None
