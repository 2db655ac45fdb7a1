"""reStructuredText -> Markdown, by docutils and the reader of web pages; what Sphinx adds to it is read too."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from docutils import nodes
from docutils.core import publish_string
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.languages import en
from docutils.parsers.rst.states import Inliner
from docutils.utils import SystemMessage, unescape
from docutils.writers import html5_polyglot

from ingest.read.encoding import decode
from ingest.read.reading import Limits, Reading, UnfitError
from ingest.read.web.page import read_html

DIRECTIVE = re.compile(r"^[ \t]*\.\. +(?:\|[^|\n]+\| +)?([\w.+:-]+?)::(?!\S)", re.MULTILINE)
ROLE = re.compile(r":([\w.+:-]+):`")
TITLED = re.compile(r"(.+?)\s*<[^<>]*>\Z", re.DOTALL)
# What Sphinx and its common extensions fill in from elsewhere, or what tells a program something.
SILENT = {
    "toctree", "index", "highlight", "module", "currentmodule", "contents", "tabularcolumns", "include",
    "literalinclude", "raw", "meta", "automodule", "autoclass", "autofunction", "automethod", "autoattribute",
    "autoexception", "autosummary", "autodata", "click", "program", "default-domain", "graphviz", "bibliography",
    "inheritance-diagram", "codeauthor", "sectionauthor", "todolist", "sectnum",
}  # fmt: skip
CODE = {"code", "code-block", "sourcecode", "ipython", "prompt", "doctest", "testcode", "testoutput", "plot"}
CONDITIONS = {"only", "ifconfig"}  # whose argument says where the content is shown
SINCE = {
    "versionadded": "Added in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
    "versionremoved": "Removed in version",
}
NAMES = {  # of what a program has: their signatures are code
    "function", "class", "method", "attribute", "data", "exception", "option", "envvar", "confval", "describe",
    "object", "decorator", "property", "type", "macro", "staticmethod", "classmethod", "setting", "cmdoption",
}  # fmt: skip
CODE_ROLES = {"class", "func", "meth", "attr", "mod", "exc", "data", "const", "obj", "file", "option", "envvar"}
SETTINGS: Mapping[str, Any] = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,
    "halt_level": 5,
    "syntax_highlight": "none",
    "doctitle_xform": False,
    "initial_header_level": 1,
    "toc_backlinks": False,
    "stylesheet_path": None,
    "embed_stylesheet": False,
    "line_length_limit": 1_000_000,
    "input_encoding": "unicode",
    "output_encoding": "unicode",
    "_disable_config": True,
}


def read_restructured(raw: bytes, name: str, limits: Limits) -> Reading:
    """Read reStructuredText (docutils.sourceforge.io/docs/ref/rst); raises UnfitError where it shows no text.

    Roles and directives that docutils does not know are Sphinx's or an extension's: of a role its words are read, of a
    directive what it is called with and what stands in it. Nothing is included, no program is run.
    """
    decoded = decode(raw)
    for directive in set(DIRECTIVE.findall(decoded.text)) - set(en.directives) | SILENT | CODE:
        directives.register_directive(directive, _directive(directive))
    for role in set(ROLE.findall(decoded.text)) - set(en.roles):
        roles.register_local_role(role, _words)  # type: ignore[arg-type]  # the stubs allow references alone
    try:
        page = publish_string(decoded.text, source_path=name, writer=_Writer(), settings_overrides=dict(SETTINGS))
    except (SystemMessage, RecursionError, ValueError, AssertionError) as error:
        raise UnfitError(f"reStructuredText that docutils cannot read ({error})"[:200]) from error
    try:
        reading = read_html(page.replace("<aside", "<div").replace("</aside>", "</div>").encode(), name, limits)
    except UnfitError as error:
        raise UnfitError("no text in it; what it includes stands in other files") from error
    warnings = (decoded.warning,) if decoded.warning else ()
    return Reading(reading.text, reading.origin, (*warnings, *reading.warnings), decoded.encoding)


class _Translator(html5_polyglot.HTMLTranslator):
    """HTML as the reader of pages takes it: literals are code, formulas say their LaTeX."""

    def visit_literal(self, node: nodes.literal) -> None:
        self.body.append(f"<code>{self.encode(' '.join(node.astext().split()))}</code>")
        raise nodes.SkipNode

    def visit_label(self, node: nodes.label) -> None:
        if isinstance(node.parent, nodes.footnote):  # the reader of pages counts notes itself
            raise nodes.SkipNode
        super().visit_label(node)

    def visit_math(self, node: nodes.math | nodes.math_block) -> None:
        note = f'<annotation encoding="application/x-tex">{self.encode(node.astext())}</annotation>'
        display = ' display="block"' if isinstance(node, nodes.math_block) else ""
        self.body.append(f"<math{display}><semantics>{note}</semantics></math>")
        raise nodes.SkipNode

    def visit_math_block(self, node: nodes.math_block) -> None:
        self.visit_math(node)


class _Writer(html5_polyglot.Writer):
    def __init__(self) -> None:
        super().__init__()
        self.translator_class = _Translator


class _Options(dict[str, Callable[[str], str]]):
    """Takes every option as it is written."""

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, name: str) -> Callable[[str], str]:
        return lambda written: written


class _Lenient(Directive):
    """A directive that docutils does not know: what it is called with, then what stands in it."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec = _Options()

    def run(self) -> list[nodes.Node]:
        argument, kind = (self.arguments or [""])[0], self.name.rpartition(":")[2]
        inside = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, inside)
        if kind in SINCE:
            version, _, told = argument.partition(" ")
            said, messages = self.state.inline_text(f"{SINCE[kind]} {version}. {told}".rstrip(), self.lineno)
            return [nodes.paragraph("", "", *said), *messages, *inside.children]
        if not argument or kind in CONDITIONS:
            return list(inside.children)
        if kind in NAMES:
            lines = [nodes.literal(line, line) for line in map(str.strip, argument.splitlines()) if line]
            return [nodes.paragraph("", "", line) for line in lines] + list(inside.children)
        said, messages = self.state.inline_text(argument, self.lineno)
        return [nodes.paragraph("", "", nodes.strong("", "", *said)), *messages, *inside.children]


class _Code(_Lenient):
    def run(self) -> list[nodes.Node]:
        text = "\n".join(self.content)
        language = [f"highlight-source-{name}" for name in self.arguments[0].split()[:1]] if self.arguments else []
        return [nodes.literal_block(text, text, classes=language)] if text else []


class _Nothing(_Lenient):
    def run(self) -> list[nodes.Node]:
        return []


def _directive(name: str) -> type[Directive]:
    kind = name.rpartition(":")[2]
    return _Nothing if kind in SILENT else _Code if kind in CODE else _Lenient


def _words(
    name: str,
    rawtext: str,
    text: str,
    lineno: int,
    inliner: Inliner,
    options: Mapping[str, Any] | None = None,
    content: Sequence[str] = (),
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Return what a role shows: its words before the place they lead to, of a dotted name after `~` the last part."""
    words = unescape(text)
    if titled := TITLED.match(words):
        words = titled[1]
    elif words.startswith("~"):
        words = words.rpartition(".")[2].lstrip("~")
    words = words.lstrip("!")
    kind = name.rpartition(":")[2]
    return [nodes.literal(rawtext, words) if kind in CODE_ROLES else nodes.inline(rawtext, words)], []
