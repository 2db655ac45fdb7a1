import re
from pathlib import Path

import pytest

from ingest.index import wording
from ingest.index.wording import Wording

TEXTS = ["KV缓存 and LoRA, lora LoRA", "", "困惑度与困获度", "模型训练模型训练", "训", "练模型 👩‍🔬 Straße"]


@pytest.fixture(params=["made", "mapped"])
def worded(request: pytest.FixtureRequest, tmp_path: Path) -> Wording:
    made = Wording.of(TEXTS)
    made.save(tmp_path / "wording")
    return made if request.param == "made" else Wording.load(tmp_path / "wording")


@pytest.mark.parametrize("window", [1, 7, 1 << 22])
def test_strings_that_stand_in_a_passage(worded: Wording, window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wording, "_WINDOW", window)
    for text in ("kv缓存", "LORA, l", "困获", "straße"):
        assert worded.stands(text)
    for text in ("训练模型训练模", "度模", "缓 存", "zzz"):
        assert not worded.stands(text)


@pytest.mark.parametrize("text", ["困获度", "模型训练", "型训练", "训练模型", "一二三", "练模", "度与困获度"])
def test_texts_with_one_character_changed_are_those_of_a_pattern(worded: Wording, text: str) -> None:
    each = ("".join([*text[:i], "[\u3400-\u9fff]", *text[i + 1 :]]) for i in range(len(text)))
    pattern = re.compile("|".join(each))
    assert list(worded.like(text)) == [match.group() for each in TEXTS for match in pattern.finditer(each)]


def test_latin_words_are_spelt_as_they_are_most_often(worded: Wording) -> None:
    assert sorted(worded.latin) == ["LoRA", "Stra"]
