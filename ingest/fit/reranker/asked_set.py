"""Questions asked of other people's documents, in other words than theirs: passages and statements that answer.

`asked/NAME.jsonl` are the questions, by hand, each with the beginning of the passage and of the statement that answers;
`asked/sources.toml` says which documents they are of. The documents themselves are no part of the project: a folder
holds a checkout of each, as sources.toml names it.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

from pydantic import TypeAdapter

from ingest.chunk import Chunk
from ingest.chunk.recursive import RecursiveChunker
from ingest.clean import CleanSteps, clean_sources
from ingest.cut import cut_documents
from ingest.fit.reranker.negatives import Found
from ingest.fit.reranker.sets import HELD_BACK, Question, QuestionSet, lines
from ingest.fit.reranker.statement_set import statements_of
from ingest.memo import Memo
from ingest.pack import nth
from ingest.read.files import read
from ingest.words.words import Words

FOLDER = Path(__file__).with_name("asked")
SIZE = 600  # code points of a passage at most
LARGEST = 16 << 20  # bytes of a document


@dataclass(frozen=True)
class AskedOf:
    """A repository of documents at a commit, and the licence that its text is under."""

    repository: str
    commit: str
    licence: str


@dataclass(frozen=True)
class _Asked:
    """What is asked of a passage: `said[i]` begin the statements that answer question i, `beside` is not answered."""

    document: str
    piece: str
    questions: tuple[str, ...]
    said: tuple[tuple[str, ...], ...]
    beside: str


def origins() -> Mapping[str, AskedOf]:
    """Return where the documents of each set are from, by its name."""
    return TypeAdapter(dict[str, AskedOf]).validate_python(tomllib.loads((FOLDER / "sources.toml").read_text("utf-8")))


def asked(name: str, documents: Path, words: Words) -> tuple[QuestionSet, tuple[QuestionSet, list[Found]]]:
    """Return a set's passages with their questions, and its statements with theirs and the wrong ones beside them.

    Passages of a section have one owner: none of them is wrong where another is right. A question that a passage only
    seems to answer has that passage's row and no owner. Raises OSError naming a document that is missing, ValueError
    for one that is not as sources.toml has it.
    """
    records = TypeAdapter(tuple[_Asked, ...]).validate_python(tuple(lines(FOLDER / f"{name}.jsonl")))
    cut = {each: _chunks(documents / each, words) for each in dict.fromkeys(record.document for record in records)}
    begins = dict(zip(cut, accumulate(map(len, cut.values()), initial=0), strict=False))
    chunks = [chunk for each in cut.values() for chunk in each]
    sections = [(each, chunk.headings) for each, some in cut.items() for chunk in some]
    numbers = {section: number for number, section in enumerate(dict.fromkeys(sections))}
    owners = tuple(numbers[section] for section in sections)
    passages, statements = list[Question](), _Statements(name)
    for record in records:
        places = enumerate(cut[record.document], begins[record.document])
        row = next((place for place, chunk in places if record.piece in chunk.text), None)
        if row is None:
            raise ValueError(f"{documents / record.document} has no passage that begins {record.piece!r}")
        back = nth(record.document + record.piece, HELD_BACK)
        for text, said in zip(record.questions, record.said, strict=True):
            names = words.bilingual(text).removeprefix(text).strip()
            passages.append(Question(text, owners[row], (row,), back, names))
            statements.add(passages[-1], row, chunks[row], said)
        if record.beside:
            passages.append(Question(record.beside, None, (row,), back))
    return QuestionSet(name, tuple(chunk.indexed for chunk in chunks), owners, tuple(passages)), statements.done()


def _chunks(document: Path, words: Words) -> Sequence[Chunk]:
    sources, _ = read([document], LARGEST)
    cleaned, _ = clean_sources(sources, CleanSteps(), (), Memo())
    return cut_documents(cleaned, RecursiveChunker(SIZE), words, None, True, Memo(), lambda *_: None).chunks


class _Statements:
    """The statements of passages under their headings, each its own owner, as they are asked for."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._windows: list[str] = []
        self._rows: dict[int, range] = {}  # by the passage's row
        self._questions: list[Question] = []
        self._found: list[Found] = []

    def add(self, question: Question, row: int, chunk: Chunk, said: Sequence[str]) -> None:
        """Take a question of a passage, the first of `said` being the right one, if others stand beside it."""
        if row not in self._rows:
            path, begin = " > ".join(chunk.headings), len(self._windows)
            self._windows += [f"{path}\n{text}" for text in statements_of(chunk, programs=True)]
            self._rows[row] = range(begin, len(self._windows))
        rows = self._rows[row]
        right = [each for begin in said for each in rows if self._windows[each].partition("\n")[2].startswith(begin)]
        wrong = tuple(each for each in rows if each not in right)
        if right and wrong:
            self._questions.append(replace(question, owner=right[0], rows=(right[0],)))
            self._found.append(Found(wrong, (0.0,) * len(wrong), (0.0,) * len(wrong)))

    def done(self) -> tuple[QuestionSet, list[Found]]:
        windows, name = tuple(self._windows), f"{self._name}, statements"
        return QuestionSet(name, windows, tuple(range(len(windows))), tuple(self._questions)), self._found
