"""Count what decides an answer by hand: alternatives of patterns and bare numbers, at a commit and now.

An alternative is a branch or an item of a character set, counted where it is written: a list that several patterns
share counts once. `python benchmarks/rules.py 55858a3` compares with that commit.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_parser = import_module("re._parser")  # of no public name: type checkers disagree about it
# Not on the way from a question to its answer.
ASIDE = re.compile(
    r"/(?:api|llm|serve|workers|widget)/|/(?:__main__|settings|bootstrap|langchain_retriever|contract|metrics|store"
    r"|shared|tokens|worker|batching|index|replicas|vllm)\.py$"
)
OUTLINE = re.compile(r"outline\w*\.(?:py|toml)$")
SPELT = re.compile(r"[\u3400-\u9fff]|[a-z]{3}")  # words of a language, not Markdown or scripts alone
USES = {"compile", "search", "match", "fullmatch", "sub", "split", "findall", "finditer"}
PLAIN = {0, 1, 2, -1, 10, 100, 1000}  # of counting and of units


def main() -> None:
    commits = [argument for argument in sys.argv[1:] if argument != "-v"]
    for title, files in [*(("then", _then(commit)) for commit in commits), ("now", _now())]:
        count: Counter[str] = Counter()
        for path, text in files:
            group = "facts about the outline" if OUTLINE.search(path) else "the rest"
            if path.endswith(".toml"):
                written = list(_rules(text))
            else:
                tree = ast.parse(text)
                written = list(_patterns(tree))
                count[f"{group}: bare numbers"] += sum(1 for _ in _numbers(tree))
            own = sum(map(alternatives, written))
            for each in written:
                count[f"{group}: alternatives in {'words' if SPELT.search(each) else 'syntax'}"] += alternatives(each)
            count[f"{group}: patterns and lists"] += len(written)
            if "-v" in sys.argv and own:
                print(f"  {own:5} {path}")
        print(title, *(f"{name} {n}" for name, n in sorted(count.items())), sep="\n  ")


def alternatives(pattern: str) -> int:
    """Return the alternatives in a pattern: "a(?:b|cd)[ef]" has four."""
    return _alternatives(_parser.parse(pattern))


def _alternatives(parsed: Any) -> int:
    total = 0
    for op, argument in parsed:
        parts = argument if isinstance(argument, tuple) else (argument,)
        if op is _parser.IN:
            items = [item for item in argument if item[0] is not _parser.NEGATE]
            total += len(items) if len(items) > 1 else 0
        elif op is _parser.BRANCH:
            parts = argument[1]
            total += len(parts)
        total += sum(_alternatives(part) for part in parts if isinstance(part, _parser.SubPattern))
    return total


def _patterns(tree: ast.Module) -> Iterator[str]:
    """Yield the texts of patterns that a module compiles or uses, and of the constants that they are made of."""
    constants = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and not _compiles(node.value)
    }
    nodes: list[Any] = [node.args[0] for node in ast.walk(tree) if isinstance(node, ast.Call) and _compiles(node)]
    for node in constants.values():  # tuple(re.compile(p) for p in (...))
        nodes += [
            comprehension.iter for comprehension in ast.walk(node) if isinstance(comprehension, ast.comprehension)
        ]
    seen: set[str] = set()
    while nodes:
        node = nodes.pop()
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id in constants and part.id not in seen:
                seen.add(part.id)
                nodes.append(constants[part.id])
        yield from _texts(node)


def _compiles(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in USES
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and bool(node.args)
    )


def _texts(node: ast.AST) -> Iterator[str]:
    """Yield a node's strings; what an f-string fills in is left out, as it is written elsewhere."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "x" for part in node.values)  # type: ignore[misc]
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, ast.Dict):
        yield "|".join(str(key.value) for key in node.keys if isinstance(key, ast.Constant))
    else:
        for child in ast.iter_child_nodes(node):
            yield from _texts(child)


def _rules(text: str) -> Iterator[str]:
    """Yield the patterns and lists of words of a file of rules."""
    for group, table in tomllib.loads(text).items():
        if isinstance(table, dict):
            for each in table.values():
                if group == "words":
                    yield each
                elif isinstance(each, dict) and "pattern" in each:
                    yield each["pattern"] if isinstance(each["pattern"], str) else "|".join(each["pattern"])


def _numbers(tree: ast.Module) -> Iterator[float]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) in {int, float} and node.value not in PLAIN:
            yield float(str(node.value))


def _then(commit: str) -> Iterator[tuple[str, str]]:
    listed = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", commit, "service"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for path in listed.stdout.split("\n"):
        if path.endswith(".py") and not ASIDE.search(path):
            shown = subprocess.run(["git", "show", f"{commit}:{path}"], cwd=ROOT, capture_output=True, check=True)
            yield path, shown.stdout.decode()


def _now() -> Iterator[tuple[str, str]]:
    packs = (ROOT / "ingest/packs").glob("*/rules.toml")
    for file in (
        *sorted((ROOT / "service").rglob("*.py")),
        *sorted((ROOT / "service/language").rglob("*.toml")),
        *packs,
    ):
        path = file.relative_to(ROOT).as_posix()
        if not ASIDE.search(path) and "node_modules" not in path:
            yield path, file.read_text("utf-8")


if __name__ == "__main__":
    main()
