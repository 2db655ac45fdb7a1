"""Questions for a value in a table, answered by what is served: `python -m benchmarks.tables [FOLDER]`.

The documents, two of each format, and the questions stand in table_files/documents.toml. They are indexed without a
pack and asked by POST /v1/ask. A cell is right where the answer shows its row, whole; told alone where it shows no
other row of the table. FOLDER keeps the files and the index.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from benchmarks.loopback import serve
from benchmarks.table_files import Lookup, Tabular, tabular
from ingest import bootstrap as ingest
from ingest.__main__ import console, ensure
from service.access.settings import AccessSettings
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import AnswerSettings, ServiceSettings, StoreSettings


@dataclass(frozen=True)
class Told:
    """What an answer shows of a table: whether the row asked for, and how many others."""

    lookup: Lookup
    status: str
    right: bool
    others: int
    answer: str


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, help="where to keep files and index")
    parser.add_argument("--show", action="store_true", help="show the answers that are not right, or not alone")
    options = parser.parse_args()
    console.quiet = True
    with _folder(options.folder) as folder:
        documents = tabular()
        told = list(_asked(folder, documents))
    if options.show:
        for each in told:
            if not each.right or each.others:
                print(f"\n{each.lookup.question} -> {' | '.join(each.lookup.row)}\n{each.status}: {each.answer}")
    print("| format | questions | right cell in the answer | its row alone | other rows, mean |\n|---|---|---|---|---|")
    for suffix in dict.fromkeys(document.suffix for document in documents):
        print(_line(suffix, [each for each in told if each.lookup.document.endswith(suffix)]))
    print(_line("all", told))


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given:
        yield given
        return
    with TemporaryDirectory() as made:
        yield Path(made)


def _asked(folder: Path, documents: Sequence[Tabular]) -> Iterator[Told]:
    files = folder / "files"
    files.mkdir(parents=True, exist_ok=True)
    for document in documents:
        document.written(files)
    settings = ServiceSettings(
        pack="none",
        corpus=[files],
        index=folder / "index",
        answer=AnswerSettings(cache_size=0),
        store=StoreSettings(path=folder / "store.sqlite"),
        access=AccessSettings(path=folder / "access.sqlite"),
    )
    embedder = ingest.embedder(settings)
    ensure(settings, embedder)
    with (
        serve(create_app(Service(settings, embedder))) as address,
        httpx.Client(base_url=address, timeout=300, trust_env=False) as client,
    ):
        for document in documents:
            for lookup in document.lookups:
                reply = client.post("/v1/ask", json={"question": lookup.question}).raise_for_status().json()
                yield _told(document, lookup, reply["status"], reply["answer"])


def _told(document: Tabular, lookup: Lookup, status: str, answer: str) -> Told:
    shown = [_bare(line) for line in answer.split("\n") if "|" in line]
    held = [row for row in document.rows[1:] if any("|".join(map(_bare, row)) in line for line in shown)]
    return Told(lookup, status, lookup.row in held, len(set(held) - {lookup.row}), answer)


def _bare(text: str) -> str:
    return "".join(text.split())


def _line(name: str, told: Sequence[Told]) -> str:
    right, alone = sum(each.right for each in told), sum(each.right and not each.others for each in told)
    others = sum(each.others for each in told) / len(told)
    return f"| {name} | {len(told)} | {right} ({right / len(told):.3f}) | {alone} | {others:.1f} |"


if __name__ == "__main__":
    main()
