"""What clients read that show text alone: answers with their marks and numbered quotes, results, contents.

It goes to models: what a document has that acts where it is shown, or gives orders, is left out; the structured reply
has the document's own characters.
"""

from collections.abc import Iterator

from service.api import contract
from service.api.places import title
from service.check.harmless import safe_markdown
from service.guard.planted import without_commands


def answer_text(reply: contract.AskResponse) -> str:
    """Return the answer, then each quote with where it stands."""
    lines = [reply.answer]
    if reply.degraded:
        lines.append(f"Note: {reply.degraded}")
    if reply.citations:
        lines.append("Sources:\n" + "\n".join(map(citation_line, reply.citations)))
    if reply.related:
        lines.append("Related:\n" + "\n".join(f"- {each.entry_id} {each.question}" for each in reply.related))
    return "\n\n".join(lines)


def plain(text: str) -> str:
    """Return what of a document's text is for a model to read."""
    return safe_markdown(without_commands(text))[0]


def citation_line(citation: contract.Citation) -> str:
    place = f"{citation.document}, {citation.start}–{citation.end}"
    return f"[{citation.n}] {title(citation)} ({place}): {' '.join(plain(citation.quote).split())}"


def results_text(reply: contract.SearchResponse, names: list[str]) -> str:
    """Return the passages found, each under the name that fetch takes."""
    found = zip(names, reply.results, strict=True)
    told = [f"{n}. {title(each)}\n{name}\n{plain(each.text)}" for n, (name, each) in enumerate(found, 1)]
    return "\n\n".join(told) or "Nothing was found; ask in other words."


def outline_text(reply: contract.OutlineResponse) -> str:
    return "\n".join(_lines(reply))


def _lines(reply: contract.OutlineResponse) -> Iterator[str]:
    yield f"Documents: {', '.join(reply.documents)}"
    for section in reply.sections:
        yield f"\n{section.document} > {section.title}"
        for entry in section.entries:
            yield f"{entry.id} {'★' * entry.stars} {entry.question}{'' if entry.answered else ' (no answer)'}"
