"""Who may import whom, what stays unloaded until it is needed, and how long files and functions are."""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
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
    "qdrant_client",
    "qdrant_edge",
    "pymilvus",
    "milvus_lite",
    "ray",
}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def faults(found: dict[str, set[str]]) -> dict[str, set[str]]:
    """Of what is wrong in each file, those with anything."""
    return {path: wrong for path, wrong in found.items() if wrong}


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All of a file's syntax, its body's statements first."""
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"))))


def body(path: Path) -> list[ast.stmt]:
    module = nodes(path)[0]
    assert isinstance(module, ast.Module)
    return module.body


@cache
def imported(path: Path) -> set[str]:
    """The top packages that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name(path)}:{node.lineno} imports relatively"
            found.add((node.module or "").split(".")[0])
    return found


def test_imports_follow_the_arrows() -> None:
    wrong = {}
    for path in FILES:
        package = path.relative_to(ROOT).parts[0]
        wrong[name(path)] = imported(path) & {*PACKAGES, "tests", "benchmarks"} - {package, *ARROWS[package]}
    assert faults(wrong) == {}


def rooms(package: str) -> dict[str, set[str]]:
    """Return the rooms of a package, each with those of the same package that it imports from."""
    arrows: dict[str, set[str]] = {}
    for path in (path for path in FILES if path.is_relative_to(ROOT / package)):
        room = path.relative_to(ROOT / package).parts[0].removesuffix(".py")
        own = arrows.setdefault(room, set())
        for node in nodes(path):
            modules = [alias.name for alias in getattr(node, "names", ())] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):  # `from eval import score` names the room after the import
                modules = [f"{node.module}.{alias.name}" for alias in node.names]
            parts = [module.split(".") for module in modules]
            own |= {part[1] for part in parts if part[0] == package and part[1] != room}
    return arrows


@pytest.mark.parametrize("package", HOUSES)
def test_rooms_form_no_circle(package: str) -> None:
    TopologicalSorter(rooms(package)).prepare()  # raises CycleError, which names the rooms


def test_no_function_has_the_name_of_its_module() -> None:
    """`from x import y` would not say which of the two it means. Routes and commands are named as people call them."""
    wrong = []
    for path in FILES:
        made = (n for n in body(path) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and not n.decorator_list)
        if (path.parent.name if path.stem == "__init__" else path.stem) in {each.name for each in made}:
            wrong.append(name(path))
    assert wrong == []


@pytest.mark.parametrize("package", HOUSES)
def test_no_two_classes_share_a_name(package: str) -> None:
    """But for the bodies of the HTTP contract, which are named after what they carry; private names do not count."""
    classes: Counter[str] = Counter()
    for path in FILES:
        if path.is_relative_to(ROOT / package) and name(path) not in BODIES:
            classes.update(n.name for n in body(path) if isinstance(n, ast.ClassDef) and not n.name.startswith("_"))
    assert {each for each, count in classes.items() if count > 1} == set()


def modules(path: Path) -> set[str]:
    """The modules that a file imports from, anywhere in it."""
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    return found


def test_tests_import_no_tests() -> None:
    """What tests share has a home of its own, such as tests/support."""
    wrong = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        parts = {part for module in modules(path) if module.startswith("tests.") for part in module.split(".")}
        wrong[name(path)] = {part for part in parts if part == "conftest" or part.startswith("test_")}
    assert faults(wrong) == {}


def test_benchmarks_import_no_tests() -> None:
    paths = sorted((ROOT / "benchmarks").glob("*.py"))
    assert [name(path) for path in paths if "tests" in imported(path)] == []


def test_frameworks_stay_at_the_rim() -> None:
    wrong: dict[str, set[str]] = {}
    for path in FILES:
        for framework, allowed in RIM.items():
            used = {top for top in imported(path) if top == framework or top.startswith(f"{framework}_")}
            if name(path) not in allowed:
                wrong.setdefault(name(path), set()).update(used)
    assert faults(wrong) == {}


def test_heavy_packages_are_not_loaded_early() -> None:
    modules = (
        "ingest.chunk.chunker",
        "ingest.settings",
        "ingest.models.embedder",
        "ingest.index.snapshot",
        "ingest.bootstrap",
        "service.api.contract",
        "service.settings",
        "service.write.writer",
    )
    code = (
        f"import sys, importlib\nfor each in {modules!r}:\n"
        f" importlib.import_module(each); print(each, {HEAVY!r} & {{*sys.modules}})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [line.removesuffix(" set()") for line in done.stdout.splitlines()] == list(modules)


def test_the_shipped_model_is_loaded_without_transformers(model_folder: Path) -> None:
    """They take 8 s and 200 MB more."""
    code = (
        "import sys; from ingest.models.embedder import SentenceTransformerEmbedder as E; E(sys.argv[1])\n"
        "print(*sorted({'transformers', 'sentence_transformers', 'sklearn', 'scipy', 'sympy'} & {*sys.modules}))"
    )
    command = [sys.executable, "-c", code, str(model_folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_files_and_functions_are_short() -> None:
    assert [name(path) for path in FILES if path.read_text("utf-8").count("\n") > 320] == []
    assert {name(path): long for path in FILES if (long := [each for each in functions(path) if each[1] > 60])} == {}


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Every function, as name:line, and its length in lines."""
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{node.name}:{node.lineno}", (node.end_lineno or node.lineno) - node.lineno + 1
