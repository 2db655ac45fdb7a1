"""The documents against the code: settings, routes, commands, dependencies, and what must not stand in a file."""

import importlib
import importlib.util
import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path
from urllib.parse import unquote

import pytest

from eval.repro.expected import load
from eval.repro.pages import fill as fill_figures
from eval.repro.pages import language, with_tables
from ingest.settings import PREFIX
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings
from service.settings_page import fill, variables
from tests.support.tiny_embedder import TinyEmbedder

ROOT = Path(__file__).parents[1]
README, README_ZH = ROOT / "README.md", ROOT / "README.zh.md"
DOCS = [
    README,
    README_ZH,
    *(ROOT / f"{page}.md" for page in ("CHANGELOG", "CONTRIBUTING", "SECURITY")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/decisions").glob("*.md")),
]
COMMAND = re.compile(r"python -m ([\w.]+)((?: [^\s`|]+)*)")
MAKE = re.compile(r"(?<![\w-])make ([a-z-]+)")
# Spelt in pieces, so that this file does not match.
PATHS = re.compile(r"(?<![\w.*-])/(?:work|root|home)/\w")
TEMPORARY = re.compile(r"(?<![\w.])/t(?:mp)\b")
HOSTS = re.compile(
    r"pypi\.(?:org|python)|files\.python(?:hosted)|huggingface\.(?:co)\b|registry\.npm(?:js)|hf-mirror\.(?:com)"
)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(path: Path) -> list[str]:
    return re.findall(r"^```\w+\n(.*?)^```$", path.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for each in listed.stdout.split("\0") if each and (path := ROOT / each).is_file()]


def test_settings_are_documented_as_they_are() -> None:
    """`make settings` writes the tables of the page."""
    page = (ROOT / "docs/settings.md").read_text("utf-8")
    assert fill(page) == page


@pytest.mark.parametrize("path", DOCS, ids=name)
def test_every_setting_that_is_named_exists(path: Path) -> None:
    assert set(re.findall(rf"{PREFIX}\w+", path.read_text("utf-8"))) <= set(variables())


def test_every_route_is_documented(tmp_path: Path) -> None:
    service = Service(ServiceSettings(index=tmp_path), TinyEmbedder())
    try:
        routes = create_app(service).openapi()["paths"]
    finally:
        service.close()
    text = "".join(path.read_text("utf-8") for path in DOCS)
    for path, operations in routes.items():
        for method in operations:
            assert f"`{method.upper()} {path}`" in text


@pytest.mark.parametrize("path", DOCS, ids=name)
def test_make_targets_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    code = re.findall(r"`([^`\n]+)`", path.read_text("utf-8"))
    assert {target for span in [*code, *blocks(path)] for target in MAKE.findall(span)} <= targets


@pytest.mark.parametrize("path", DOCS, ids=name)
def test_commands_exist(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for module, rest in set(COMMAND.findall(path.read_text("utf-8"))):
        package = importlib.util.find_spec(module)
        assert package, module
        if not package.submodule_search_locations:
            continue
        words = rest.split()
        subcommand = [word for word in words[:1] if word.islower() and word.isalpha()]
        with pytest.raises(SystemExit) as left:
            importlib.import_module(f"{module}.__main__").main([*subcommand, "--help"])
        assert left.value.code == 0
        told = capsys.readouterr().out
        assert all(word in told for word in words if word.startswith("--"))


def test_both_readmes_have_the_same_code() -> None:
    assert blocks(README) == blocks(README_ZH) != []


def test_figures_are_published_as_they_are() -> None:
    """`make figures` writes the tables."""
    assert {README, README_ZH} <= set(with_tables())
    for page in with_tables():
        text = page.read_text("utf-8")
        assert text == fill_figures(text, load(), language(page)), name(page)


def test_each_figure_is_published() -> None:
    expected = load()
    text = "".join(page.read_text("utf-8") for page in with_tables())
    tables = set(re.findall(r"<!-- figures: (\S+) -->", text))
    assert set(expected.tables) == tables
    assert set(expected.figures) == {row for table in expected.tables.values() for row in table.rows}


@pytest.mark.parametrize("command", sorted({each.command for each in load().figures.values()}))
def test_commands_of_figures_exist_and_say_what_they_measured(command: str) -> None:
    if target := MAKE.fullmatch(command):
        assert f"\n{target[1]}:" in (ROOT / "Makefile").read_text("utf-8")
        return
    found = COMMAND.fullmatch(command)
    assert found, command
    module = f"eval.commands.{found[2].split()[0]}" if found[1] == "eval" else found[1]
    assert '"--json"' in (ROOT / f"{module.replace('.', '/')}.py").read_text("utf-8")


@pytest.mark.parametrize("path", DOCS, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text("utf-8")):
        assert (path.parent / unquote(target)).is_file(), target


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = chain(project["dependencies"], *project["optional-dependencies"].values())
    explained = re.findall(r"^\| `([\w-]+)` \|", (ROOT / "docs/dependencies.md").read_text("utf-8"), re.MULTILINE)
    assert {re.split(r"[<>=!~\[; ]", each)[0] for each in wanted} == set(explained)


def test_no_file_names_a_machine_or_a_registry() -> None:
    """The user's own documents are as they are."""
    for path in tracked():
        if (ROOT / "ingest/corpus") in path.parents:
            continue
        text = path.read_text("utf-8", "replace")
        if name(path) == "docker-compose.yml":  # the home of the user in vLLM's own image
            text = text.replace("/".join(("", "home", "vllm")), "")
        if path.suffix == ".mjs" or path.parent.name == "decoders":  # a home in the memory of pdf.js' programs
            text = text.replace("/".join(("", "home", "web_user")), "")
        assert not PATHS.search(text), name(path)
        assert not HOSTS.search(text), name(path)
        if path.suffix in {".md", ".svg"}:
            assert not TEMPORARY.search(text), name(path)
