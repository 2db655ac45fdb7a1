import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from ingest.words.words import Words, entries
from tests.support.packs import PACK, WORDS
from tests.support.paths import ROOT

GLOSSARY = "海星协议 | starfish protocol\n知识蒸馏 | knowledge distillation"


@pytest.fixture(scope="module")
def own() -> Words:
    return Words(["海星协议", "知识蒸馏"], GLOSSARY, ["协议书"])


@pytest.fixture(scope="module")
def general() -> Words:
    return Words()


def test_entries_of_a_list() -> None:
    assert entries("# names\n\n 甲 \n乙|丙\n#丁\n") == ["甲", "乙|丙"]
    assert entries("") == []


def test_listed_terms_are_terms_of_the_field_alone(own: Words, general: Words) -> None:
    assert own.terms("海星协议")[0] == "海星协议"
    assert "海星协议" not in general.terms("海星协议")
    assert own.vocabulary("海星协议，海星协议") == frozenset(own.terms("海星协议"))


def test_other_names_come_from_the_glossary_alone(own: Words, general: Words) -> None:
    assert "海星协议" in own.expand("What is the starfish protocol?")
    assert own.widened("starfish protocol") == own.vocabulary("starfish protocol").union(
        own.expand("starfish protocol")
    )
    assert general.expand("What is the starfish protocol?") == ()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("What is knowledge distillation?", "What is knowledge distillation? 知识蒸馏"),
        ("什么是 knowledge distillation", "什么是 knowledge distillation"),
        ("What is it?", "What is it?"),
        ("", ""),
    ],
)
def test_what_a_model_reads(own: Words, text: str, read: str) -> None:
    assert own.bilingual(text) == read


def test_asking_words_are_the_general_ones_and_the_packs(own: Words, general: Words) -> None:
    assert general.asking < own.asking
    assert own.asking - general.asking <= own.vocabulary("协议书")


def test_rarity(general: Words) -> None:
    assert 0.05 <= general.rarity("我们") < general.rarity("海星") <= 1
    assert general.rarity("龘龘龘") == general.rarity("zorbax") == 1


def test_the_fingerprint_names_what_changes_the_terms_and_nothing_else() -> None:
    first = Words(["海星协议"]).fingerprint
    assert Words(["海星协议"], GLOSSARY, ["协议书"]).fingerprint == first
    assert len({first, Words().fingerprint, Words(["海星"]).fingerprint, WORDS.fingerprint}) == 4


def test_a_wrong_glossary_is_named_when_it_is_read() -> None:
    with pytest.raises(ValueError, match="line 2: '海星' has one variant"):
        Words(glossary="# names\n海星").expand("海星")


def test_threads_that_share_one_get_what_one_thread_gets() -> None:
    shared = Words(["海星协议"], GLOSSARY)
    texts = [f"第 {n} 题：海星协议 and knowledge distillation" for n in range(50)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: (shared.terms(text), shared.expand(text)), texts))
    assert found == [(shared.terms(text), shared.expand(text)) for text in texts]


def test_nothing_is_built_before_it_is_needed() -> None:
    """A pack is read wherever documents are looked at; its words are needed by who searches."""
    code = (
        "import ingest.pack, jieba; jieba.Tokenizer.gen_pfdict = None; "
        f"print(ingest.pack.read(ingest.pack.SHIPPED / {PACK.name!r}).words.fingerprint)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == WORDS.fingerprint
