"""What sources elsewhere gave, kept as folders: a build reads them, and fetches again only where it is asked to."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import ValidationError

from ingest import plugins
from ingest.read.reading import Skipped
from ingest.settings import SourceSettings
from ingest.sources.source import DocumentSource, FetchError, Remote, Tell

FILES, REPORT = "files", "report.json"
Make = Callable[[Remote], DocumentSource]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A source's files below `folder`, what was left out, and why it could not be fetched again, "" where it was."""

    folder: Path
    skipped: tuple[Skipped, ...]
    stale: str = ""


def source_of(remote: Remote, settings: SourceSettings) -> DocumentSource:
    """Make a source of what someone has named; raises ValueError naming the option that is wrong."""
    try:
        source: DocumentSource = plugins.factory("sources", remote.kind)(remote.options, settings)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise ValueError(f"source {remote.address!r}: {faults}") from error
    return source


def files_of(remote: Remote, root: Path, again: bool, make: Make, tell: Tell) -> Fetched:
    """Return a source's files, fetched `again` or where they never were; what cannot be fetched stays as it was.

    Raises FetchError for one that was never had.
    """
    home = root / hashlib.sha256(json.dumps([remote.kind, remote.options], sort_keys=True).encode()).hexdigest()[:16]
    if not again and (home / REPORT).is_file():
        return _kept(home)
    root.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".fetching-", dir=root))
    try:
        (new / FILES).mkdir()
        skipped = make(remote).fetch(new / FILES, tell)
        rows = [asdict(each) for each in skipped]
        (new / REPORT).write_text(json.dumps({"address": remote.address, "skipped": rows}, ensure_ascii=False), "utf-8")
        if home.exists():
            home.rename(new / "before")
        home.mkdir()
        for name in (FILES, REPORT):  # the report last: with it the folder is whole
            (new / name).rename(home / name)
        return _kept(home)
    except FetchError as error:
        if (home / REPORT).is_file():
            return _kept(home, f"{error}; what was fetched before is used")
        raise
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _kept(home: Path, stale: str = "") -> Fetched:
    report = json.loads((home / REPORT).read_text("utf-8"))
    return Fetched(home / FILES, tuple(Skipped(**each) for each in report["skipped"]), stale)


def tidy(root: Path, used: Sequence[Path]) -> None:
    """Delete what no source of these any more stands for, and what a killed fetch left."""
    homes = {path.parent for path in used}
    for folder in root.glob("*"):
        if folder.is_dir() and folder not in homes:
            shutil.rmtree(folder, ignore_errors=True)
