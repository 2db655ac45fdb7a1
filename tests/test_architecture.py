"""Who may import whom, what stays unloaded until it is needed, and how long files and functions are."""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("ingest", "service", "eval")
FILES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "node_modules" not in path.parts
)
# A package may import these of ours beside itself.
ARROWS = {"ingest": set[str](), "service": {"ingest"}, "eval": set[str]()}
# Packages whose rooms (folders, and modules beside them) import each other one way only, and whose names are distinct.
HOUSES = ("ingest", "service", "eval")
BODIES = {"service/api/contract.py", "service/api/stream.py"}
# Frameworks stay at the rim.
RIM = {
    "langchain": {"service/langchain_retriever.py", "service/langchain_chat.py", "service/write/vllm.py"},
    "vllm": {"service/write/vllm.py"},
    "ragas": {"eval/judge/ragas_scores.py"},
}
HEAVY = {
    "torch",
    "faiss",
    "transformers",
    "sentence_transformers",
    "langchain",
    "langchain_core",
    "vllm",
    "ragas",
}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> set[str]:
    """The top packages that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name(path)}:{node.lineno} imports relatively"
            found.add((node.module or "").split(".")[0])
    return found


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_follow_the_arrows(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    ours = imported(path) & {*PACKAGES, "tests", "benchmarks"}
    assert ours <= {package, *ARROWS[package]}


def rooms(package: str) -> dict[str, set[str]]:
    """Return the rooms of a package, each with those of the same package that it imports from."""
    arrows: dict[str, set[str]] = {}
    for path in (path for path in FILES if path.is_relative_to(ROOT / package)):
        room = path.relative_to(ROOT / package).parts[0].removesuffix(".py")
        own = arrows.setdefault(room, set())
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules = [alias.name for alias in getattr(node, "names", ())] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):  # `from eval import score` names the room after the import
                modules = [f"{node.module}.{alias.name}" for alias in node.names]
            parts = [module.split(".") for module in modules]
            own |= {part[1] for part in parts if part[0] == package and part[1] != room}
    return arrows


@pytest.mark.parametrize("package", HOUSES)
def test_rooms_form_no_circle(package: str) -> None:
    TopologicalSorter(rooms(package)).prepare()  # raises CycleError, which names the rooms


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_function_has_the_name_of_its_module(path: Path) -> None:
    """`from x import y` would not say which of the two it means. Routes and commands are named as people call them."""
    body = ast.parse(path.read_text("utf-8")).body
    functions = {n.name for n in body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and not n.decorator_list}
    assert (path.parent.name if path.stem == "__init__" else path.stem) not in functions


@pytest.mark.parametrize("package", HOUSES)
def test_no_two_classes_share_a_name(package: str) -> None:
    """But for the bodies of the HTTP contract, which are named after what they carry; private names do not count."""
    classes: Counter[str] = Counter()
    for path in FILES:
        if path.is_relative_to(ROOT / package) and name(path) not in BODIES:
            body = ast.parse(path.read_text("utf-8")).body
            classes.update(n.name for n in body if isinstance(n, ast.ClassDef) and not n.name.startswith("_"))
    assert {each for each, count in classes.items() if count > 1} == set()


def modules(path: Path) -> set[str]:
    """The modules that a file imports from, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=name)
def test_tests_import_no_tests(path: Path) -> None:
    """What tests share has a home of its own, such as tests/support."""
    parts = {part for module in modules(path) if module.startswith("tests.") for part in module.split(".")}
    assert {part for part in parts if part == "conftest" or part.startswith("test_")} == set()


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").glob("*.py")), ids=name)
def test_benchmarks_import_no_tests(path: Path) -> None:
    assert "tests" not in imported(path)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_frameworks_stay_at_the_rim(path: Path) -> None:
    for top in imported(path):
        for framework, allowed in RIM.items():
            if top == framework or top.startswith(f"{framework}_"):
                assert name(path) in allowed


@pytest.mark.parametrize(
    "module",
    [
        "ingest.chunk.chunker",
        "ingest.settings",
        "ingest.models.embedder",
        "ingest.index.snapshot",
        "ingest.bootstrap",
        "service.api.contract",
        "service.settings",
        "service.write.writer",
    ],
)
def test_heavy_packages_are_not_loaded_early(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({HEAVY!r} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_files_and_functions_are_short(path: Path) -> None:
    source = path.read_text("utf-8")
    assert source.count("\n") <= 320
    assert {where: lines for where, lines in functions(source) if lines > 60} == {}


def functions(source: str) -> Iterator[tuple[str, int]]:
    """Every function, as name:line, and its length in lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{node.name}:{node.lineno}", (node.end_lineno or node.lineno) - node.lineno + 1
