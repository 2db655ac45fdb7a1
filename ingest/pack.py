"""What is known of some documents, apart from the engine: a folder of lists and fitted numbers, read once."""

import hashlib
import json
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ingest.fitted import Fitted, FittedError
from ingest.words import rule
from ingest.words.words import Words, entries

SHIPPED = Path(__file__).with_name("packs")
NONE = "none"
Line = TypeVar("Line", bound=BaseModel)


class PackError(ValueError):
    """A pack that cannot be used; the text names the file and what to do."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Speech(_Form):
    """The words for the documents in one language: their name, their subject, questions to begin with."""

    name: str
    about: str
    questions: tuple[str, ...] = ()


class Card(_Form):
    """pack.toml; `documents` are the file names that the pack is for, `parts` says how each file was made."""

    format: Literal[1]
    name: str
    version: str
    language: str
    licence: str
    documents: tuple[str, ...]
    labelled: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    speech: Mapping[Literal["zh", "en"], Speech]
    parts: Mapping[str, str]


class OtherWays(_Form):
    """Other ways to ask for the entry with this question."""

    question: str
    asked: tuple[str, ...]


class Covered(_Form):
    """An entry without an answer, and the answered ones that deal with its subject, by their questions."""

    question: str
    covered_by: tuple[str, ...]


class LabelledQuestion(_Form):
    """`entry` is the question of the entry that deals with it, None when none does; `evidence` "" when it is listed."""

    question: str
    entry: str | None
    evidence: str
    kind: str

    @property
    def kept(self) -> bool:
        """Whether it is kept from the index and from training, for the fit of weights and thresholds."""
        return nth(self.question, KEPT)


KEPT = 4  # one question in so many is kept


@dataclass(frozen=True, slots=True)
class Pack:
    """One folder, read; a file that is not there is an empty list."""

    folder: Path
    card: Card
    words: Words
    ways: Mapping[str, tuple[str, ...]]  # an entry's question -> other ways to ask for it
    questions: tuple[LabelledQuestion, ...]
    covered: Mapping[str, tuple[str, ...]]  # an unanswered entry's question -> those of entries on its subject
    fitted: Fitted
    fingerprint: str

    @property
    def name(self) -> str:
        return self.card.name


def read(folder: Path) -> Pack:
    """Read a pack, once while its files stay as they are.

    Raises PackError for a file that is missing, broken, not named in pack.toml or of another format.
    """
    try:
        files = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(folder.iterdir())]
    except OSError as error:
        raise PackError(f"{folder} is no pack: {error}") from error
    return _read(folder, tuple(files))


@lru_cache(maxsize=8)
def _read(folder: Path, files: tuple[tuple[str, int, int], ...]) -> Pack:
    card = _card(folder / "pack.toml")
    foreign = {name for name, _, _ in files} - {"pack.toml", *card.parts}
    if foreign:
        raise PackError(f"{folder}: pack.toml does not say how {min(foreign)!r} was made; name it under [parts]")
    questions = tuple(_lines(folder / "questions.jsonl", LabelledQuestion))
    try:
        fitted = Fitted.read(folder / "fitted.json")
        words = Words(
            _list(folder / "terms.txt"),
            _text(folder / "glossary.txt"),
            _list(folder / "asking.txt"),
            rule.read(card.name, [path for path in (folder / "rules.toml",) if path.exists()]),
        )
    except (FittedError, rule.RuleError, OSError, UnicodeDecodeError) as error:
        raise PackError(str(error)) from error
    covered = {each.question: each.covered_by for each in _lines(folder / "covered.jsonl", Covered)}
    return Pack(
        folder, card, words, _ways(folder, questions), questions, covered, fitted, _fingerprint(folder, card, words)
    )


def model_of(path: Path, form: type[Line]) -> Line:
    """Read what `python -m ingest fit --general` makes, once; raises PackError for a file that cannot be used."""
    made: Line = _model(path, form)
    return made


@lru_cache(maxsize=8)
def _model(path: Path, form: type[Any]) -> Any:
    try:
        return form.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise PackError(f"{path} holds no model; `python -m ingest fit --general` makes it: {error}") from error


def none() -> Pack:
    """The engine alone."""
    return read(SHIPPED / NONE)


@dataclass(frozen=True, slots=True)
class Packs:
    """Chooses the pack for documents: "auto" the one that is made for any of them, "none", or a folder.

    `own` holds packs beside the shipped ones, each in a folder.
    """

    setting: str = "auto"
    own: Path | None = None

    def choose(self, documents: Collection[str]) -> Pack:
        """Return the pack for documents, by their names; raises PackError, also when several are made for them."""
        if self.setting == NONE:
            return none()
        if self.setting != "auto":
            return read(self._named(self.setting))
        fitting = [pack for pack in map(read, self._folders()) if not {*pack.card.documents}.isdisjoint(documents)]
        if len(fitting) > 1:
            names = " and ".join(repr(str(pack.folder)) for pack in fitting)
            raise PackError(f"{names} are both made for these documents; set OUTLINE_QA_PACK to one of them")
        return fitting[0] if fitting else none()

    @property
    def _roots(self) -> tuple[Path, ...]:
        return (SHIPPED, self.own) if self.own else (SHIPPED,)

    def _named(self, name: str) -> Path:
        for folder in (Path(name), *(root / name for root in self._roots)):
            if (folder / "pack.toml").is_file():
                return folder.resolve()
        raise PackError(
            f"there is no pack {name!r}: set OUTLINE_QA_PACK to 'auto', 'none', or a folder with a pack.toml"
        )

    def _folders(self) -> list[Path]:
        return [card.parent.resolve() for root in self._roots for card in sorted(root.glob("*/pack.toml"))]


def nth(key: str, n: int) -> bool:
    """Tell whether a key is one of every n, the same in every run."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % n == 0


def _card(path: Path) -> Card:
    try:
        return Card.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise PackError(f"{path} is no card of a pack that this version reads: {error}") from error


def _ways(folder: Path, questions: Sequence[LabelledQuestion]) -> dict[str, tuple[str, ...]]:
    known: dict[str, dict[str, None]] = {}  # a question stands in both files now and then
    for each in _lines(folder / "asked.jsonl", OtherWays):
        known[each.question] = dict.fromkeys(each.asked)
    for question in questions:
        if question.entry is not None and not question.kept:
            known.setdefault(question.entry, {})[question.question] = None
    return {entry: tuple(ways) for entry, ways in known.items()}


def _lines(path: Path, form: type[Line]) -> Iterator[Line]:
    adapter = TypeAdapter(form)
    for number, line in enumerate(_text(path).splitlines(), 1):
        if line.strip():
            try:
                yield adapter.validate_json(line)
            except ValidationError as error:
                raise PackError(f"{path}, line {number}: {error}") from error


def _list(path: Path) -> list[str]:
    return entries(_text(path))


def _text(path: Path) -> str:
    content = path.read_bytes() if path.exists() else b""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PackError(f"{path}, line {line}: not UTF-8 ({error.reason})") from error


def _fingerprint(folder: Path, card: Card, words: Words) -> str:
    """Name everything in the pack that can change an answer."""
    digest = hashlib.sha256(json.dumps([card.name, words.fingerprint]).encode())
    for name in sorted(card.parts):
        if (folder / name).is_file():
            digest.update(f"{name}\0".encode() + (folder / name).read_bytes())
    return f"{card.name}:{digest.hexdigest()[:12]}"
