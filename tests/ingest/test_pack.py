from pathlib import Path

import pytest

from ingest import pack
from ingest.pack import PackError, Packs, none, read
from ingest.words.rule import Rule
from ingest.words.words import Words
from tests.support.packs import PACK, write_pack

STARFISH = {
    "terms.txt": "海星协议\n",
    "glossary.txt": "海星协议 | starfish\n",
    "asking.txt": "请教\n",
    "asked.jsonl": '{"question": "海星协议是什么？", "asked": ["五个节点怎么轮流？"]}\n',
    "questions.jsonl": '{"question": "谁先发言？", "entry": "海星协议是什么？", "evidence": "编号", "kind": "by"}\n',
    "covered.jsonl": '{"question": "海胆是什么？", "covered_by": ["海星协议是什么？"]}\n',
}
JELLYFISH = {"glossary.txt": "水母协议 | starfish\n"}


@pytest.fixture
def starfish(tmp_path: Path) -> Path:
    return write_pack(tmp_path / "packs/starfish", ["a.md", "b.md"], STARFISH)


def test_what_a_pack_holds(starfish: Path) -> None:
    found = read(starfish)
    assert (found.name, found.folder, found.card.documents) == ("starfish", starfish, ("a.md", "b.md"))
    assert found.card.speech["zh"].name == "笔记"
    assert found.ways["海星协议是什么？"][0] == "五个节点怎么轮流？"
    assert ("谁先发言？" in found.ways["海星协议是什么？"]) is not found.questions[0].kept
    assert found.covered == {"海胆是什么？": ("海星协议是什么？",)}
    assert found.fitted == none().fitted


def test_two_packs_in_one_process_keep_apart(starfish: Path, tmp_path: Path) -> None:
    one, other = read(starfish), read(write_pack(tmp_path / "packs/jellyfish", ["c.md"], JELLYFISH))
    assert one.words.terms("海星协议")[0] == "海星协议"
    assert "海星协议" not in other.words.terms("海星协议")
    assert "海星协议" in one.words.expand("starfish")
    assert "海星协议" not in other.words.expand("starfish")
    assert "水母" in other.words.expand("starfish")
    assert one.words.bilingual("starfish?") != other.words.bilingual("starfish?")
    assert one.words.asking - other.words.asking == one.words.vocabulary("请教") - other.words.asking
    assert (other.ways, other.questions, other.covered) == ({}, (), {})
    assert len({one.fingerprint, other.fingerprint, PACK.fingerprint, none().fingerprint}) == 4


def test_none_is_the_engine_alone() -> None:
    found = none()
    assert (found.ways, found.questions, found.covered) == ({}, (), {})
    assert found.words.fingerprint == Words().fingerprint
    assert found.words.asking == Words().asking
    assert found.words.glossary.concepts == {}
    assert found.words.expand("What does GPU memory hold in fine-tuning?") == ()
    assert Packs("none").choose(PACK.card.documents) is found


def test_every_shipped_pack_can_be_read() -> None:
    folders = [card.parent for card in pack.SHIPPED.glob("*/pack.toml")]
    assert {read(folder).name for folder in folders} == {folder.name for folder in folders} >= {"none", PACK.name}


def test_auto_takes_the_pack_made_for_any_of_the_documents(starfish: Path) -> None:
    packs = Packs(own=starfish.parent)
    assert packs.choose(["b.md", "z.md"]).folder == starfish
    assert packs.choose(PACK.card.documents).name == PACK.name
    assert packs.choose(["z.md"]) is packs.choose([]) is none()
    assert Packs().choose(["a.md"]) is none()  # nobody said where other packs are


@pytest.mark.parametrize("documents", [("b.md",), PACK.card.documents])
def test_two_packs_for_one_document_are_both_named(starfish: Path, documents: tuple[str, ...]) -> None:
    second = write_pack(starfish.parent / "urchin", ["b.md", *PACK.card.documents])
    first = starfish if documents == ("b.md",) else PACK.folder
    with pytest.raises(PackError, match="both made for these documents; set OUTLINE_QA_PACK to one of them") as refused:
        Packs(own=starfish.parent).choose(documents)
    assert repr(str(first)) in str(refused.value)
    assert repr(str(second)) in str(refused.value)
    assert Packs("urchin", starfish.parent).choose(documents).folder == second


def test_a_pack_is_named_by_its_folder_or_where_it_lies(starfish: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Packs(str(starfish)).choose([]).folder == starfish
    assert Packs("starfish", starfish.parent).choose(["z.md"]).folder == starfish
    assert Packs(PACK.name).choose([]).folder == PACK.folder
    monkeypatch.chdir(starfish.parent)
    assert Packs("starfish").choose([]).folder == starfish


@pytest.mark.parametrize("name", ["nowhere", "", "/", "packs"])
def test_a_pack_that_is_not_there_is_named(name: str, starfish: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(starfish.parents[1])  # "packs" is a folder there, but no pack
    with pytest.raises(
        PackError, match=f"there is no pack '{name}': set OUTLINE_QA_PACK to 'auto', 'none', or a folder"
    ):
        Packs(name).choose(["a.md"])


def test_a_folder_that_is_not_there_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="gone is no pack: "):
        read(tmp_path / "gone")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("asked.jsonl", STARFISH["asked.jsonl"] + "{", r"asked\.jsonl, line 2: "),
        ("asked.jsonl", '\n\n{"question": "甲？"}\n', r"asked\.jsonl, line 3: [^$]*asked"),
        (
            "questions.jsonl",
            '{"question": "甲？", "entry": 3, "evidence": "", "kind": ""}',
            r"questions\.jsonl, line 1: ",
        ),
        ("covered.jsonl", STARFISH["covered.jsonl"] * 2 + "[]", r"covered\.jsonl, line 3: "),
        ("covered.jsonl", '{"question": "甲？", "covered_by": [], "why": ""}', r"covered\.jsonl, line 1: [^$]*why"),
        ("terms.txt", "海星\n甲\udcff乙\n", r"terms\.txt, line 2: .*UTF-8"),
        ("glossary.txt", "\udcff", r"glossary\.txt, line 1: .*UTF-8"),
        ("asking.txt", "甲\n\n\n乙\udce7", r"asking\.txt, line 4: .*UTF-8"),
        ("asked.jsonl", STARFISH["asked.jsonl"] + "\udc80", r"asked\.jsonl, line 2: .*UTF-8"),
        ("fitted.json", "{}", r"fitted\.json holds no fitted numbers: [^$]*python -m ingest fit"),
        ("pack.toml", "format = 2\n", r"pack\.toml is no card of a pack that this version reads: [^$]*format"),
        ("pack.toml", "format = \n", r"pack\.toml is no card of a pack that this version reads: .*line 1"),
        ("pack.toml", "\udcff", r"pack\.toml is no card of a pack that this version reads: .*utf-8"),
        ("notes.bak", "mine", r"starfish: pack\.toml does not say how 'notes\.bak' was made; name it under \[parts\]"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(starfish: Path, name: str, content: str, message: str) -> None:
    read(starfish)
    (starfish / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(PackError, match=message):
        read(starfish)


@pytest.mark.parametrize("name", ["fitted.json", "pack.toml"])
def test_a_pack_lacks_no_numbers_and_no_card(starfish: Path, name: str) -> None:
    (starfish / name).unlink()
    with pytest.raises(PackError, match=name):
        read(starfish)


@pytest.mark.parametrize("name", [*STARFISH])
def test_a_list_that_is_not_there_is_empty(starfish: Path, name: str) -> None:
    before = read(starfish).fingerprint
    (starfish / name).unlink()
    assert read(starfish).fingerprint != before


@pytest.mark.parametrize("name", [*STARFISH])
def test_a_changed_pack_is_read_again(starfish: Path, name: str) -> None:
    before = read(starfish)
    assert read(starfish) is before
    (starfish / name).write_text("\n", "utf-8")
    after = read(starfish)
    assert after is not before
    assert after.fingerprint != before.fingerprint
    assert (after.words.fingerprint != before.words.fingerprint) == (name == "terms.txt")
    assert ("海星协议" in after.words.expand("starfish")) == (name not in ("glossary.txt", "terms.txt"))


def test_rules_of_the_field(tmp_path: Path) -> None:
    rule = "[plain.trade]\npattern = 'abc'\ntakes = ['ABC']\nleaves = ['ab']\n"
    found = read(write_pack(tmp_path / "packs/rules", ["d.md"], {"rules.toml": rule}))
    assert [each.name for each in found.words.rules("plain")] == [f"{found.name}.plain.trade"]
    assert list(found.words.rules("opposite")) == []
    with pytest.raises(PackError, match=r"rules\.toml"):
        read(write_pack(tmp_path / "packs/broken", ["d.md"], {"rules.toml": "[plain"}))


@pytest.mark.parametrize(
    "rule", [rule for own in PACK.words.groups.values() for rule in own], ids=lambda rule: rule.name
)
def test_examples_of_the_shipped_rules(rule: Rule) -> None:
    assert rule.takes
    assert rule.leaves
    assert [text for text in rule.takes if not rule.pattern.search(text)] == []
    assert [text for text in rule.leaves if rule.pattern.search(text)] == []
