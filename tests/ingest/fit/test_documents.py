"""A pack that one command makes for documents: names that they give, kept where they help and as a person left them."""

import json
from pathlib import Path

import pytest

from ingest.fit.documents import CANDIDATES, FOUND, GLOSSARY, Made, fit_documents, glossary
from ingest.index.snapshot import Snapshot
from ingest.pack import Packs, none, read
from tests.support.tiny_embedder import TinyEmbedder
from tests.support.tiny_index import index

# Sixty machines, each with a name and a code that its own passage does not give.
MACHINES = [f"{a}{b}{c}机" for a in "磨切钻镗刨" for b in "轧冲锻压" for c in "甲乙丙"]
CODES = [f"{a}{b}{c}X" for a in "KLMNP" for b in "QRST" for c in "UVW"]
LIST = "# 编号\n\n" + "\n\n".join(f"- {m}（{c}）\n- 看{m}" for m, c in zip(MACHINES, CODES, strict=True))


STORES = [machine.replace("机", "库") for machine in MACHINES]


def passage(machine: str, number: int) -> str:
    after = f"之后每班记录一次读数并且交给班长签字，读数超过 {number} 就要停下{machine}来检查，查明原因以后才可以再开。"
    return f"## 第 {number} 节\n\n{machine}开动之前要先看油位和水位。{after}"


def documents(count: int = 60) -> dict[str, str]:
    texts = {"codes": LIST} | {f"m{n}": passage(machine, n) for n, machine in enumerate(MACHINES[:count])}
    stores = (f"## 库 {n}\n\n{store}是一种库房，在第 {n} 车间。" for n, store in enumerate(STORES[:count]))
    return texts | {"stores": "\n\n".join(stores)}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder: Path = tmp_path_factory.mktemp("index")
    return index(folder, **documents())


def fit(snapshot: Snapshot, folder: Path) -> Made:
    return fit_documents(snapshot, TinyEmbedder(), folder, lambda *_: None)


def test_a_pack_that_helps_is_written_and_can_be_read(snapshot: Snapshot, tmp_path: Path) -> None:
    made = fit(snapshot, tmp_path / "own" / "plant")
    assert made.folder == tmp_path / "own" / "plant"
    gains = {gain.asked: gain for gain in made.gains}
    assert gains["by another name"].low > 0
    assert gains["by another name"].reciprocal[1] > gains["by another name"].reciprocal[0]
    pack = Packs("auto", tmp_path / "own").choose(["m3.md"])
    assert pack.name == "plant"
    assert pack.words.expand("KQUX 是什么") == tuple(pack.words.terms(MACHINES[0]))
    assert pack.fitted == none().fitted
    assert "by another name" in (made.folder / "report.md").read_text("utf-8")


def test_its_questions_wait_for_a_person(snapshot: Snapshot, tmp_path: Path) -> None:
    made = fit(snapshot, tmp_path / "plant")
    assert made.folder
    lines = [json.loads(line) for line in (made.folder / CANDIDATES).read_text("utf-8").splitlines()]
    assert "什么是磨轧甲库？" in {each["question"] for each in lines}
    for each in lines:
        assert any(each["evidence"][0] in text for text in snapshot.documents.values())


def test_what_a_person_changed_stays(snapshot: Snapshot, tmp_path: Path) -> None:
    folder = tmp_path / "plant"
    fit(snapshot, folder)
    kept = [line for line in (folder / GLOSSARY).read_text("utf-8").splitlines() if not line.startswith("磨轧甲机")]
    (folder / GLOSSARY).write_text("\n".join([*kept, "行车|天车"]) + "\n", "utf-8")
    card = (folder / "pack.toml").read_text("utf-8").replace('name = "文档"', 'name = "车间手册"')
    (folder / "pack.toml").write_text(card, "utf-8")
    fit(snapshot, folder)
    lines = (folder / GLOSSARY).read_text("utf-8").splitlines()
    assert "行车|天车" in lines
    assert not any(line.startswith("磨轧甲机") for line in lines)
    assert any(line.startswith("磨轧甲机") for line in (folder / FOUND).read_text("utf-8").splitlines())
    assert read(folder).card.speech["zh"].name == "车间手册"


def test_new_documents_extend_it(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    fit(index(tmp_path / "one", **documents(50)), tmp_path / "plant")
    more = documents(60) | {"crane": "龙门吊（GTY）很大。\n\n龙门吊、龙门吊。"}
    fit(index(tmp_path / "two", **more), tmp_path / "plant")
    assert "龙门吊|GTY" in (tmp_path / "plant" / GLOSSARY).read_text("utf-8").splitlines()
    assert {"crane.md", "m59.md"} <= {*read(tmp_path / "plant").card.documents}


def test_a_pack_that_is_no_better_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    made = fit(index(tmp_path / "index", a=passage("磨床", 1), b="变频器（VFD）。变频器、变频器。"), tmp_path / "plant")
    assert made == Made(None, made.gains, 1)
    assert not (tmp_path / "plant").exists()


def test_a_line_that_cannot_be_read_is_left_out() -> None:
    words = none().words
    lines = glossary([("变频器", "VFD"), ("的", "了"), ("VFD", "驱动")], "", "", words).splitlines()[1:]
    assert lines == ["变频器|VFD"]
