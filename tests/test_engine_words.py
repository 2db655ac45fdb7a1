"""The engine speaks of no document: the words of a pack stand in the pack, and nowhere else."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.packs import PACK
from tests.support.paths import ROOT

# What the engine itself is made of has these names, whatever documents it serves.
OWN = {
    *("api", "attention", "bert", "bias", "bm25", "cuda", "decoder", "embedding", "encoder", "faiss", "hnsw", "llm"),
    *("loss", "milvus", "onnx", "prompt", "token", "tokenizer", "transformer", "vllm", "zero", "语言模型"),
}
ASIDE = ("ingest/packs/llm-interview", "ingest/corpus", "ingest/fit/reranker", "service/search/reranker", "widget")
FILES = [
    path
    for package in ("ingest", "service")
    for path in sorted((ROOT / package).rglob("*"))
    if path.suffix in {".py", ".toml", ".txt"}
    and not any(part in path.relative_to(ROOT).as_posix() for part in ASIDE)
    and "node_modules" not in path.parts
]


def _listed(name: str, pattern: str) -> set[str]:
    lines = (PACK.folder / name).read_text("utf-8").splitlines()
    return {line.strip().lower() for line in lines if re.fullmatch(pattern, line.strip())}


NAMES = _listed("terms.txt", r"[A-Za-z][A-Za-z0-9.+]{2,}") | _listed("terms.txt", r"[\u4e00-\u9fff]{3,}")
SPELT = re.compile(
    "|".join(
        rf"(?<![a-z0-9_]){re.escape(name)}(?![a-z0-9_])" if name.isascii() else re.escape(name)
        for name in sorted(NAMES - OWN, key=len, reverse=True)
    )
)


def texts(path: Path) -> str:
    """What a file says or decides by: a module's strings but its docstrings, a list's lines, rules without examples."""
    source = path.read_text("utf-8")
    if path.suffix == ".toml":
        return "\n".join(_values(tomllib.loads(source)))
    if path.suffix == ".txt":
        return "\n".join(line for line in source.splitlines() if not line.startswith("#"))
    tree = ast.parse(source)
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, owners) and node.body and isinstance(node.body[0], ast.Expr)
    }
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return "\n".join(str(node.value) for node in strings if id(node) not in documentation)


def _values(data: object) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            if key not in {"takes", "leaves"}:
                yield from _values(value)
    elif isinstance(data, list):
        for value in data:
            yield from _values(value)
    elif isinstance(data, str):
        yield data


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_name_of_the_packs_field_stands_in_the_engine(path: Path) -> None:
    assert set(SPELT.findall(texts(path).lower())) == set()


def test_the_names_are_looked_for() -> None:
    assert {"lora", "rlhf", "提示工程"} <= NAMES - OWN
    assert SPELT.findall("how does lora differ from 提示工程 in loran?") == ["lora", "提示工程"]
