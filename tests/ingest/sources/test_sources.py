"""Addresses and lists, repositories, and what is kept of sources that are away."""

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ingest.read.reading import Skipped
from ingest.settings import IngestSettings, SourceSettings
from ingest.sources.addresses import sources_of
from ingest.sources.fetched import files_of, source_of, tidy
from ingest.sources.repository import git
from ingest.sources.source import FetchError, Remote, Tell


def test_addresses_and_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = tmp_path / "sources.toml"
    listed.write_text(
        '[[source]]\npath = "notes/*.md"\n\n[[source]]\nkind = "web"\naddress = "https://a.example/"\ndepth = 1\n',
        "utf-8",
    )
    repository = "git+https://u@h.example/o/r.git@v1.2#docs,README.md"
    monkeypatch.setenv("OUTLINE_QA_CORPUS", json.dumps([str(listed), repository, "x"]))
    assert sources_of(IngestSettings().corpus) == [
        tmp_path / "notes/*.md",
        Remote("web", {"address": "https://a.example/", "depth": 1}),
        Remote("git", {"address": "https://u@h.example/o/r.git", "ref": "v1.2", "paths": ["docs", "README.md"]}),
        Path("x"),
    ]
    assert sources_of(["git+https://u@h.example/r"]) == [Remote("git", {"address": "https://u@h.example/r"})]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[source]]\n", "source 1: say what it is"),
        ('[[source]]\npath = "a"\nref = "b"\n', "source 1: say what it is"),
        ("source = 1", "source 1: no table"),
        ("[[source", "is no TOML"),
    ],
)
def test_a_wrong_list_is_named(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=told):
        sources_of([path])


@pytest.mark.parametrize(
    ("kind", "options", "told"),
    [
        ("web", {"address": "ftp://a"}, "is no address of a page"),
        ("web", {"address": "https://a/", "dept": 1}, "dept: Extra inputs"),
        ("git", {"address": "ext::sh -c id"}, "no name that git knows|is no repository"),
        ("git", {"address": "https://a/r", "ref": "--upload-pack=id"}, "no name that git knows"),
        ("gopher", {"address": "x"}, "no package offers 'gopher' among sources; there are git, web"),
    ],
)
def test_a_wrong_source_is_named(kind: str, options: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        source_of(Remote(kind, options), SourceSettings())


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits, the first tagged; hooks, links and code in it."""
    home = tmp_path / "repo"
    (home / "docs").mkdir(parents=True)

    def run(*command: str) -> None:
        own = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        subprocess.run(["git", *own, *command], cwd=home, check=True, capture_output=True)

    run("init", "-q", "-b", "main")
    (home / "docs/手册.md").write_text("# 一\n\n旧。\n", "utf-8")
    (home / "README.md").write_text("# Read\n\nMe.\n", "utf-8")
    (home / "run.py").write_text("print()\n", "utf-8")
    (home / "secret.md").symlink_to("/etc/passwd")
    run("add", ".")
    run("commit", "-q", "-m", "1")
    run("tag", "v1")
    (home / "docs/手册.md").write_text("# 一\n\n新。\n", "utf-8")
    run("commit", "-q", "-a", "-m", "2")
    return home


def test_a_repository_gives_the_files_of_a_ref(repository: Path, tmp_path: Path) -> None:
    def texts(**options: object) -> dict[str, str]:
        folder = tmp_path / f"out{len(list(tmp_path.iterdir()))}" / "files"
        folder.mkdir(parents=True)
        git({"address": f"file://{repository}", **options}, SourceSettings()).fetch(folder, lambda *_: None)
        return {
            path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()
        }

    assert texts() == {"repo/docs/手册.md": "# 一\n\n新。\n", "repo/README.md": "# Read\n\nMe.\n"}
    assert texts(ref="v1", paths=["docs"]) == {"repo/docs/手册.md": "# 一\n\n旧。\n"}
    with pytest.raises(FetchError, match="nowhere"):
        texts(ref="nowhere")
    with pytest.raises(FetchError, match="private network"):
        texts(address="https://127.0.0.1:1/r.git")


@dataclass
class Wiki:
    """A source of somebody else."""

    away: bool = False
    pages: list[str] = field(default_factory=lambda: ["a"])

    def fetch(self, folder: Path, tell: Tell) -> list[Skipped]:
        if self.away:
            raise FetchError("the wiki is away")
        for name in self.pages:
            (folder / f"{name}.md").write_text(f"# {name}\n", "utf-8")
        return [Skipped("b", "a drawing")]


def test_what_is_away_stays_as_it_was(tmp_path: Path) -> None:
    wiki, remote = Wiki(away=True), Remote("wiki", {"address": "w"})

    def had(again: bool) -> tuple[list[str], str]:
        got = files_of(remote, tmp_path, again, lambda _: wiki, lambda *_: None)
        assert got.skipped == (Skipped("b", "a drawing"),)
        return sorted(path.name for path in got.folder.iterdir()), got.stale

    with pytest.raises(FetchError):
        had(again=False)
    wiki.away = False
    assert had(again=False) == (["a.md"], "")
    wiki.pages = ["c"]
    assert had(again=False) == (["a.md"], "")
    assert had(again=True) == (["c.md"], "")
    wiki.away = True
    assert had(again=True) == (["c.md"], "the wiki is away; what was fetched before is used")
    tidy(tmp_path, [])
    assert list(tmp_path.iterdir()) == []
