"""A part of an index is what an index of that part alone would be."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from ingest.index.excerpts import NothingLeftError, excerpt
from ingest.index.snapshot import Snapshot
from tests.support.tiny_index import index

OUTLINE = (
    "# 咖啡\n\n## 1. 保养\n\n### ★★★☆☆ **1. 怎么除垢？**\n\n水箱里倒入除垢剂，运行两次。\n\n"
    "## 2. 磨豆\n\n### ★★★★☆ **1. 怎么校准？**\n\n转动刻度环，🙂 每次一格。\n\n### ★★☆☆☆ **2. 何时换刀盘？**\n"
)
TEXTS = {
    "coffee": OUTLINE,
    "secret": "# 薪资\n\n海星项目的奖金是七千元。\n\n全公司每年一月调薪。\n",
    "notes": "# Notes\n\nThe grinder is by the window.\n\n全公司每年一月调薪。\n",
    "twin": "# Notes\n\nThe grinder is by the window.\n\n全公司每年一月调薪。\n",
}


def build(folder: Path, *names: str) -> Snapshot:
    folder.mkdir()
    return index(folder, **{name: TEXTS[name] for name in names})


@pytest.mark.parametrize(
    "kept",
    [("coffee",), ("secret",), ("notes",), ("coffee", "notes"), ("notes", "secret"), ("twin",)],
)
def test_it_is_as_if_only_that_had_been_built(tmp_path: Path, kept: tuple[str, ...]) -> None:
    whole, alone = build(tmp_path / "whole", *TEXTS), build(tmp_path / "alone", *(n for n in TEXTS if n in kept))
    names = {f"{name}.md" for name in kept}
    part = excerpt(whole, lambda document, _: document in names)
    assert set(part.documents) == names
    assert dict(part.documents) == dict(alone.documents)
    assert part.entries == alone.entries
    assert part.manifest.counts == alone.manifest.counts
    assert part.manifest.sources == alone.manifest.sources

    def seen(snapshot: Snapshot) -> list[dict[str, object]]:
        return [asdict(chunk) | {"id": ""} for chunk in snapshot.chunks]

    assert seen(part) == seen(alone)
    assert [group.title for group in part.groups] == [group.title for group in alone.groups]
    assert np.array_equal(part.dense.vectors(), alone.dense.vectors())
    assert np.array_equal(part.titles.vectors(), alone.titles.vectors())
    assert part.postings.vocabulary == alone.postings.vocabulary
    assert np.array_equal(part.postings.weights, alone.postings.weights)
    assert part.spread == pytest.approx(alone.spread, rel=1e-6)  # summed in another order where a file is mapped


def test_a_part_keeps_the_pieces_of_its_passages(tmp_path: Path) -> None:
    long = {
        name: f"# {name}\n\n" + "\n".join(f"{name} 的第{i}步要先断电再看{i}号阀的刻度，{'慢' * 40}。" for i in range(4))
        for name in ("one", "two")
    }
    (tmp_path / "whole").mkdir()
    (tmp_path / "alone").mkdir()
    whole, alone = index(tmp_path / "whole", **long), index(tmp_path / "alone", two=long["two"])
    part = excerpt(whole, lambda document, _: document == "two.md")
    assert part.pieces is not None
    assert alone.pieces is not None
    assert len(part.pieces.vectors) > 1
    assert np.array_equal(part.pieces.vectors, alone.pieces.vectors)
    assert np.array_equal(part.pieces.at, alone.pieces.at)


def test_a_section_alone(tmp_path: Path) -> None:
    whole = build(tmp_path / "whole", *TEXTS)
    part = excerpt(whole, lambda document, section: document == "coffee.md" and section == 2)
    assert [entry.id for entry in part.entries] == ["2.1", "2.2"]
    text = part.documents["coffee.md"]
    assert set(text[: OUTLINE.index("## 2.")]) == {" "}
    for chunk in part.chunks:
        assert text[chunk.start : chunk.end] == chunk.text == OUTLINE[chunk.start : chunk.end]
    first = excerpt(whole, lambda document, section: document == "coffee.md" and section == 1)
    assert "磨豆" not in first.documents["coffee.md"]
    assert len(first.documents["coffee.md"]) <= OUTLINE.index("## 2.")


def test_a_footnote_goes_with_the_section_that_it_stands_in(tmp_path: Path) -> None:
    noted = OUTLINE.replace("运行两次。", "运行两次[^1]。") + "\n\n[^1]: 校准密码是海星。\n"
    (tmp_path / "whole").mkdir()
    whole = index(tmp_path / "whole", coffee=noted)
    assert [note.text for chunk in whole.chunks for note in chunk.notes] == ["[^1]: 校准密码是海星。"]
    part = excerpt(whole, lambda _, section: section == 1)
    assert "海星" not in "".join(chunk.indexed for chunk in part.chunks)
    assert not any(chunk.notes for chunk in part.chunks)


def test_nothing_left(tmp_path: Path) -> None:
    with pytest.raises(NothingLeftError):
        excerpt(build(tmp_path / "whole", "notes"), lambda *_: False)
