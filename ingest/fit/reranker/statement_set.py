"""The outline's statements one by one, so that the model also learns which sentence of an entry answers."""

from collections.abc import Sequence

from ingest.chunk import Chunk
from ingest.chunk.units import units_of
from ingest.fit.reranker.negatives import Found
from ingest.fit.reranker.sets import Question, QuestionSet
from ingest.index.snapshot import Snapshot
from ingest.parse import markdown
from ingest.parse import outline as rules

NAME = "statements"
SHORTEST = 6  # characters; less is a label, not a statement


def statements(snapshot: Snapshot) -> tuple[QuestionSet, list[Found]]:
    """Return the questions whose evidence stands in one statement, and the entry's other statements as candidates.

    A window is a statement under its heading path, its own owner.
    """
    windows: list[str] = []
    inside: dict[str, range] = {}
    keys = {group.key: group.rows for group in snapshot.groups}
    for entry in snapshot.entries:
        if entry.answered:
            said = _said(snapshot, keys[(entry.document, entry.id)])
            inside[entry.question] = range(len(windows), len(windows) + len(said))
            windows += said
    questions, found = [], []
    for record in snapshot.pack.questions:
        rows = inside.get(record.entry or "", range(0))
        right = tuple(row for row in rows if record.evidence in windows[row].partition("\n")[2])
        if right and len(rows) > len(right):
            questions.append(Question(record.question, right[0], right, record.kept))
            wrong = tuple(row for row in rows if row not in right)
            found.append(Found(wrong, (0.0,) * len(wrong), (0.0,) * len(wrong)))
    return QuestionSet(NAME, tuple(windows), tuple(range(len(windows))), tuple(questions)), found


def _said(snapshot: Snapshot, rows: Sequence[int]) -> list[str]:
    """The statements of an entry's chunks in reading order, programs left out, each once."""
    said: dict[str, None] = {}
    for row in rows:
        chunk = snapshot.chunks[row]
        path = " > ".join(chunk.heading_path)
        said |= dict.fromkeys(f"{path}\n{text}" for text in statements_of(chunk))
    return list(said)


def statements_of(chunk: Chunk, programs: bool = False) -> list[str]:
    """Return the sentences, items and tables of a passage, its `programs` too where they are wanted."""
    document = markdown.parse(chunk.document, chunk.text, rules.heading)
    units = (unit for section in document.sections for unit in units_of(document, section))
    texts = (chunk.text[unit.start : unit.end] for unit in units if programs or unit.kind != "code")
    return [text for text in texts if len(text) >= SHORTEST]
