"""Questions that wait for a person to take them into a golden file: one queue, and what was decided before."""

import json
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Literal, TypeVar

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from eval.golden.check import faults_of
from eval.golden.duplicates import Pool
from eval.golden.question import KINDS, OUTLINE, STATUSES, GoldenQuestion

QUEUE = Path("var/eval/candidates.jsonl")
GOLDEN_FILES = tuple(sorted((Path(__file__).parents[1] / "golden").glob("*.jsonl")))
LOCK_SECONDS = 10.0

Source = Literal["generated", "feedback"]
Ruling = Literal["accepted", "rejected"]
Form = TypeVar("Form")


class CandidateError(Exception):
    """A queue or golden file that cannot be read or written, or an unknown candidate; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A golden record and where it comes from; kind, status, entries and the rest may be empty until filled in."""

    id: str
    kind: str
    question: str
    language: str
    status: str
    entries: list[str]
    evidence: list[str]
    key_points: list[str]
    source: Source
    why: str
    history: list[dict[str, str]] = field(default_factory=list)

    def record(self) -> GoldenQuestion:
        """Return it as a golden question."""
        return GoldenQuestion(**{name: value for name, value in asdict(self).items() if name not in ("source", "why")})


@dataclass(frozen=True, slots=True)
class _Decision:
    question: str
    verdict: Ruling


_CANDIDATE, _DECISION = TypeAdapter(Candidate), TypeAdapter(_Decision)


def existing(queue: Path = QUEUE, golden: Sequence[Path] = GOLDEN_FILES) -> Pool:
    """Return the questions of the golden files, of the queue, and those decided on; raises CandidateError."""
    decided = [each.question for each in _read(_decisions_file(queue), _DECISION)]
    queued = [each.question for each in load(queue)]
    return Pool([*(q for path in golden for q in _fields(path, "question")), *queued, *decided])


def load(queue: Path = QUEUE) -> list[Candidate]:
    """Return the candidates that wait, none without a queue; raises CandidateError naming a damaged line."""
    return _read(queue, _CANDIDATE)


def add(
    candidates: Iterable[Candidate], queue: Path = QUEUE, golden: Sequence[Path] = GOLDEN_FILES
) -> tuple[list[Candidate], list[Candidate]]:
    """Put those that are new behind the others; return them and the duplicates. Raises CandidateError."""
    with _locked(queue):
        seen, waiting = existing(queue, golden), load(queue)
        new: list[Candidate] = []
        twice: list[Candidate] = []
        for candidate in candidates:
            (twice if seen.has(candidate.question) else new).append(candidate)
            seen.add(candidate.question)
        if new:
            _replace(queue, [*waiting, *new])
    return new, twice


def missing(candidate: Candidate, outline: Path = OUTLINE) -> list[str]:
    """Return what keeps a candidate from being a golden question, one sentence each; none when it is sound."""
    if candidate.kind not in KINDS:
        return [f"kind is {candidate.kind!r}; it must be one of {', '.join(KINDS)}"]
    if candidate.status not in STATUSES:
        return [f"status is {candidate.status!r}; it must be one of {', '.join(sorted(STATUSES))}"]
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder) / "candidate.jsonl"
        alone.write_text(_line(candidate.record()), encoding="utf-8")
        # What the check says of the set, as that it has too few questions, is not of this one.
        own = f"{candidate.id}: "
        return [fault.removeprefix(own) for fault in faults_of(alone, outline) if fault.startswith((own, "line "))]


def accept(ids: Sequence[str], golden: Path, queue: Path = QUEUE, outline: Path = OUTLINE) -> dict[str, list[str]]:
    """Move the sound ones to a golden file; return what is missing of the others, by id. Raises CandidateError."""
    with _locked(queue):
        wanted = _named(ids, load(queue))
        faults = {each.id: missing(each, outline) for each in wanted}
        sound = [each for each in wanted if not faults[each.id]]
        there = set(_fields(golden, "id")) if golden.exists() else set()
        # The golden file first: stopped between the two, the candidate is still queued and is only taken out later.
        _append(golden, [each.record() for each in sound if each.id not in there])
        _take_out(sound, "accepted", queue)
    return {name: missing_parts for name, missing_parts in faults.items() if missing_parts}


def reject(ids: Sequence[str], queue: Path = QUEUE) -> None:
    """Take candidates out of the queue for good; raises CandidateError."""
    with _locked(queue):
        _take_out(_named(ids, load(queue)), "rejected", queue)


def _named(ids: Sequence[str], waiting: Sequence[Candidate]) -> list[Candidate]:
    by_id = {each.id: each for each in waiting}
    if unknown := [name for name in ids if name not in by_id]:
        raise CandidateError(f"no candidate {', '.join(map(repr, unknown))} in the queue of {len(waiting)}")
    return [by_id[name] for name in dict.fromkeys(ids)]


def _take_out(gone: Collection[Candidate], verdict: Ruling, queue: Path) -> None:
    if gone:
        _append(_decisions_file(queue), [_Decision(each.question, verdict) for each in gone])
        out = {each.id for each in gone}
        _replace(queue, [each for each in load(queue) if each.id not in out])


def _decisions_file(queue: Path) -> Path:
    return queue.with_name(f"{queue.stem}-decided.jsonl")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_bytes().decode("utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise CandidateError(f"cannot read {str(path)!r}: {error}") from error
    return ((n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip())


def _read(path: Path, form: TypeAdapter[Form]) -> list[Form]:
    records: list[Form] = []
    for n, line in _lines(path):
        try:
            records.append(form.validate_json(line))
        except ValidationError as error:
            fault = error.errors()[0]
            place = ".".join(map(str, fault["loc"])) or "line"
            raise CandidateError(f"{path}, line {n}: {place}: {fault['msg']}; mend it by hand") from error
    return records


def _fields(path: Path, name: str) -> Iterator[str]:
    """Yield a text field of each line of a golden file, whatever else its lines hold."""
    for n, line in _lines(path):
        try:
            yield str(json.loads(line)[name])
        except (ValueError, KeyError, TypeError) as error:
            raise CandidateError(f"{path}, line {n}: no object with {name!r}; mend it by hand") from error


def _line(record: Candidate | GoldenQuestion | _Decision) -> str:
    fields_of = {each.name: getattr(record, each.name) for each in fields(record)}
    if not fields_of.get("history"):
        fields_of.pop("history", None)
    return json.dumps(fields_of, ensure_ascii=False) + "\n"


def _append(path: Path, records: Sequence[GoldenQuestion | _Decision]) -> None:
    if not records:
        return
    before = path.read_text("utf-8") if path.exists() else ""
    _write(path, before + ("" if before.endswith("\n") or not before else "\n") + "".join(map(_line, records)))


def _replace(queue: Path, waiting: Sequence[Candidate]) -> None:
    _write(queue, "".join(map(_line, waiting)))


def _write(path: Path, text: str) -> None:
    """Replace a file by one that is written through first: a kill leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")  # one process at a time: the queue is locked
    try:
        with new.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise CandidateError(f"cannot write {str(path)!r}: {error}; what stood there is kept") from error


@contextmanager
def _locked(queue: Path) -> Iterator[None]:
    """Let one process at a time change the queue."""
    queue.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(f"{queue}.lock", timeout=LOCK_SECONDS):
            yield
    except Timeout as error:
        raise CandidateError(f"another process has held {str(queue)!r} for {LOCK_SECONDS:.0f} s; try again") from error
