"""A build that others help with equals one that one process does alone, to the last bit; real processes of Ray's."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from ingest.build import Outcome, build_index
from ingest.clean import CleanSteps
from ingest.index.versions import Versions
from ingest.models.embedder import Embedder
from ingest.pack import Packs
from ingest.workers.ray_workers import RayWorkers
from tests.support.tiny_embedder import TinyEmbedder
from tests.support.workers import DyingEmbedder, chunker

pytest.importorskip("ray", reason="ray is not installed: pip install 'outline-qa[ray]'")
# Ray warns of what it does itself, and leaves pipes and files to the garbage collector.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning:ray")]
WORDS = ["red", "fox", "den", "狐狸", "Höhle", "vector", "graph", "🚀", "passage", "entry", "words"]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    for number in range(30):
        parts = [
            f"## Part {part} of {number}\n\n" + " ".join(f"{WORDS[(number * part + w) % 11]} {w}." for w in range(40))
            for part in range(1, 9)
        ]
        (folder / f"{number}.md").write_text("\n\n".join(parts), "utf-8")
    (folder / "same.md").write_text((folder / "3.md").read_text("utf-8"), "utf-8")
    (folder / "page.html").write_text("<h1>Page</h1><p>Red foxes dig.</p>", "utf-8")
    (folder / "bad.pdf").write_bytes(b"%PDF-1.7 no more")
    return folder


def build(documents: Path, root: Path, workers: RayWorkers | None = None, force: bool = False) -> Outcome:
    embedder = TinyEmbedder()
    return build_index(
        [documents],
        Versions(root),
        embedder,
        chunker(embedder),
        CleanSteps(),
        Packs("none"),
        made=root / "made",
        workers=workers,
        force=force,
    )


Content = tuple[str, dict[str, bytes]]


def content(root: Path, made: Outcome) -> Content:
    """The version, and all its files but the one that says when it was made."""
    folder = root / "versions" / made.manifest.version
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json")
    return made.manifest.version, {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def alone(documents: Path, tmp_path_factory: pytest.TempPathFactory) -> Content:
    root = tmp_path_factory.mktemp("alone")
    return content(root, build(documents, root))


def helped(count: int, embedder: Callable[[], Embedder]) -> RayWorkers:
    return RayWorkers(count, embedder, chunker)


def test_equals_a_build_alone(documents: Path, alone: Content, tmp_path: Path) -> None:
    with helped(2, TinyEmbedder) as workers:
        made = build(documents, tmp_path, workers)
        assert content(tmp_path, made) == alone
        assert {stage: several for stage, (several, _) in workers.speeds.items()}["embed"] > 128
        assert workers.speeds["prepare"][0] >= len(made.passages)
        again = build(documents, tmp_path, workers, force=True)
        assert (again.built, content(tmp_path, again)) == (True, alone)


def test_a_worker_is_killed_while_it_cuts(documents: Path, alone: Content, tmp_path: Path) -> None:
    mark = tmp_path / "killed"
    with helped(2, partial(DyingEmbedder, mark=mark)) as workers:
        made = build(documents, tmp_path, workers)
    assert int(mark.read_text()) != os.getpid()
    assert content(tmp_path, made) == alone


def test_a_worker_is_killed_while_it_embeds(documents: Path, alone: Content, tmp_path: Path) -> None:
    mark = tmp_path / "killed"
    with helped(2, partial(DyingEmbedder, mark=mark, calls=0)) as workers:
        workers.prepare = lambda *_: None  # type: ignore[method-assign]  # so that it is a shard that is lost
        made = build(documents, tmp_path, workers)
    assert int(mark.read_text()) != os.getpid()
    assert content(tmp_path, made) == alone
