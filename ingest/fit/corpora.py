"""Sets that the general confidence is fitted to: what a corpus answers, and what it does not.

A set of passages is a folder with corpus.jsonl (id, text), queries.jsonl (id, text) and qrels.jsonl (qid, pid). Some of
its passages are indexed. Questions on those are inside; questions on its others lie near, those of other sets far.
A set of documents is a folder with documents/ and questions.jsonl (question, answerable), all of which is taken. Sets
of a page are also taken together, two, five and ten of them, and all of them among the documents of each larger set,
since what is found tells less among more. Where two sets are translations of each other, passage by passage, the
questions of one are also put to the other. Sets whose names begin alike up to "_" are parts of one collection.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

INDEXED = 150  # passages at most, and half of the set's
INSIDE, NEAR, FAR = 110, 70, 50  # questions
QUESTIONS = "questions.jsonl"
SHORTEST = 8  # code points of a question that stands alone
PAGE = 16_000  # bytes of documents, up to which a set is taken together with others as short
TOGETHER = (2, 5, 10)  # sets
Form = TypeVar("Form", bound=BaseModel)


class CorpusError(ValueError):
    """A set that cannot be read; the text names the file."""


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str
    text: str


class _Label(BaseModel):
    model_config = ConfigDict(extra="ignore")

    qid: str
    pid: str


class _Written(BaseModel):
    model_config = ConfigDict(extra="ignore")

    question: str
    answerable: bool


@dataclass(frozen=True, slots=True)
class Corpus:
    """`passages` by id, and `questions` with the id of the passage that answers; `home` is where the passages lie.

    One of `documents`, folders, has no passages, and `written` questions with whether the documents answer them;
    `parts` are the names of the sets that it is made of.
    """

    name: str
    home: str
    passages: Mapping[str, str]
    questions: Sequence[tuple[str, str]]
    documents: tuple[Path, ...] = ()
    written: Sequence[tuple[str, bool]] = ()
    parts: frozenset[str] = frozenset()

    @property
    def indexed(self) -> dict[str, str]:
        """The passages that are indexed, spread evenly."""
        chosen = sorted(self.passages, key=_hash)[: min(INDEXED, len(self.passages) // 2)]
        return {each: self.passages[each] for each in chosen}

    def asked(self, others: Sequence["Corpus"]) -> Iterator[tuple[str, bool]]:
        """Yield questions, and whether what is indexed answers them; those written for `others` are answered there."""
        yield from self.written
        indexed = self.indexed
        ordered = sorted(self.questions, key=lambda question: _hash(question[0]))
        yield from [(text, True) for text, passage in ordered if passage in indexed][:INSIDE]
        yield from [(text, False) for text, passage in ordered if passage not in indexed][:NEAR]
        most = len(self.written) // 2 or FAR
        foreign = [text for other in others for text in other.inside[: most // max(1, len(others)) + 1]]
        yield from [(text, False) for text in sorted(foreign, key=_hash)[:most]]

    @property
    def inside(self) -> list[str]:
        """Questions that all of it answers."""
        return [text for text, _ in self.questions] + [text for text, answered in self.written if answered]


def labelled_sets(*folders: Path) -> list[Corpus]:
    """Read every set below some folders; raises CorpusError for a broken one, or when there are fewer than two."""
    below = [each for folder in folders for each in sorted(folder.iterdir())]
    plain = [_read(each) for each in below if (each / "corpus.jsonl").exists()]
    plain += [written_set(each) for each in below if (each / QUESTIONS).exists() and (each / "documents").is_dir()]
    if len(plain) < 2:
        raise CorpusError(f"{', '.join(map(str, folders))}: {len(plain)} labelled sets; at least 2 are needed")
    pages = [each for each in plain if each.documents and sum(map(_bytes, each.documents)) <= PAGE]
    among = [_joined([each, *pages], f"{each.name}+pages") for each in plain if each.documents and each not in pages]
    plain += [*_together(pages), *(among if pages else ())]
    across = [
        replace(one, name=f"{one.name} asked in {other.name}", questions=other.questions)
        for one in plain
        for other in plain
        if one is not other and one.passages and one.passages.keys() == other.passages.keys()
    ]
    return [*plain, *across]


def documents_of(corpus: Corpus, root: Path) -> list[Path]:
    """Write the indexed passages as files below `root`, named by bare numbers, which say nothing to search.

    Documents stay where they are. Returns the folders.
    """
    if corpus.documents:
        return [*corpus.documents]
    folder = root / "documents"
    folder.mkdir(parents=True, exist_ok=True)
    texts = {f"{number:05}.md": text + "\n" for number, text in enumerate(corpus.indexed.values())}
    for stale in {path.name for path in folder.iterdir()} - texts.keys():
        (folder / stale).unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    return [folder]


def _read(folder: Path) -> Corpus:
    texts = {line.id: line.text for line in _lines(folder / "corpus.jsonl", _Line)}
    labels = {label.qid: label.pid for label in _lines(folder / "qrels.jsonl", _Label)}
    asked = [line for line in _lines(folder / "queries.jsonl", _Line) if labels.get(line.id) in texts]
    questions = [(line.text, labels[line.id]) for line in asked if len(line.text) >= SHORTEST]
    return Corpus(folder.name, folder.name, texts, questions)


def written_set(folder: Path) -> Corpus:
    """Read a set of documents; raises CorpusError for a broken one."""
    written = [(line.question, line.answerable) for line in _lines(folder / QUESTIONS, _Written)]
    return Corpus(folder.name, folder.name, {}, (), (folder / "documents",), written, frozenset({folder.name}))


def _together(pages: Sequence[Corpus]) -> list[Corpus]:
    """Put neighbours together, each group once."""
    groups: dict[frozenset[str], Corpus] = {}
    for width in TOGETHER:
        for start in range(0, len(pages) if width <= len(pages) else 0, max(1, width // 2)):
            group = [*pages, *pages][start : start + width]
            joined = _joined(group, "+".join(each.name for each in group))
            groups.setdefault(joined.parts, joined)
    return list(groups.values())


def _joined(group: Sequence[Corpus], name: str) -> Corpus:
    documents = tuple(folder for each in group for folder in each.documents)
    written = [asked for each in group for asked in each.written]
    return Corpus(name, name, {}, (), documents, written, frozenset().union(*(each.parts for each in group)))


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _lines(path: Path, form: type[Form]) -> Iterator[Form]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield form.model_validate(json.loads(line))
            except (ValueError, ValidationError) as error:
                raise CorpusError(f"{path}, line {number}: {error}") from error


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
