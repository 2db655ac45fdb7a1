"""What an installation promises: one version, locks that hold, commands, types, and the names that others may use."""

import importlib
import re
import tomllib
from pathlib import Path

import pytest

from ingest import __version__
from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = sorted(ROOT.glob("requirements*.lock"))
API = (ROOT / "docs/public-api.md").read_text("utf-8")
PUBLIC = re.findall(r"`([a-z][\w.]*:\w+)`", API)
REQUIREMENT = re.compile(r"^([\w.-]+)==[^\s;]+(?: ; [^\\]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)


def name(path: Path) -> str:
    return path.name


def test_the_version_stands_in_one_place() -> None:
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "ingest.__version__"}
    sources = [path for package in ("ingest", "service", "eval") for path in (ROOT / package).rglob("*.py")]
    literal = [path.relative_to(ROOT).as_posix() for path in sources if f'"{__version__}"' in path.read_text("utf-8")]
    assert literal == ["ingest/__init__.py"]
    for file in ("package.json", "package-lock.json"):
        head = (ROOT / "service/widget" / file).read_text("utf-8")[:400]
        assert f'"{__version__}"' not in head, file


def test_the_changelog_begins_with_the_version() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert __version__ in headings[:2]


@pytest.mark.parametrize("package", ["ingest", "service", "eval"])
def test_packages_carry_their_types(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
    assert "py.typed" in PROJECT["tool"]["setuptools"]["package-data"]["*"]


def test_the_licence_is_there() -> None:
    assert PROJECT["project"]["license"] == "Apache-2.0"
    assert all((ROOT / file).is_file() for file in PROJECT["project"]["license-files"])
    assert "Apache License\n                           Version 2.0" in (ROOT / "LICENSE").read_text("utf-8")


@pytest.mark.parametrize("reference", [*PROJECT["project"]["scripts"].values(), *sorted({*PUBLIC})])
def test_what_is_public_can_be_imported(reference: str) -> None:
    module, _, attribute = reference.partition(":")
    assert hasattr(importlib.import_module(module), attribute)


def test_every_command_is_documented() -> None:
    documented = re.findall(r"^\| `(outline-qa[\w-]*)` \|", API, re.MULTILINE)
    assert {*documented} == {*PROJECT["project"]["scripts"]}
    assert len(PUBLIC) > 20


@pytest.mark.parametrize("path", LOCKS, ids=name)
def test_locks_name_everything_by_hash_but_torch(path: Path) -> None:
    text = "".join(line for line in path.read_text("utf-8").splitlines(True) if not line.startswith("#"))
    requirements = REQUIREMENT.findall(text)
    assert REQUIREMENT.sub("", text).strip() == ""
    assert len(requirements) > 100
    assert not {"torch", "torchvision", "torchaudio", "torchcodec"} & {package for package, _ in requirements}


def test_there_are_four_locks() -> None:
    assert [path.name.removeprefix("requirements") for path in LOCKS] == [
        "-dev.lock",
        "-eval.lock",
        "-llm.lock",
        ".lock",
    ]


def test_torch_is_pinned_alike_everywhere() -> None:
    pin = (ROOT / "requirements-torch.txt").read_text("utf-8").strip()
    assert pin in PROJECT["project"]["dependencies"]
    (torch,) = PROJECT["tool"]["uv"]["dependency-metadata"]
    assert f"{torch['name']}=={torch['version']}" == pin


@pytest.mark.parametrize(
    ("lock", "extras"),
    [("requirements.lock", []), ("requirements-dev.lock", ["dev"]), ("requirements-eval.lock", ["eval"])],
)
def test_locks_hold_what_the_project_asks_for(lock: str, extras: list[str]) -> None:
    project = PROJECT["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in ["cpu", *extras] for each in project["optional-dependencies"][extra]),
    ]
    names = {re.split(r"[<>=!~\[; ]", each)[0] for each in wanted} | {"setuptools"}
    held = {package for package, _ in REQUIREMENT.findall((ROOT / lock).read_text("utf-8"))}
    assert names - held == {"torch"}


@pytest.mark.parametrize("path", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda path: path.name)
def test_actions_are_named_by_their_commit(path: Path) -> None:
    """A tag can be moved to other code; the version beside the commit is for people."""
    used = re.findall(r"uses: (.+)", path.read_text("utf-8"))
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", each)] == []
