import pytest

from service.search.lexicon import Lexicon
from service.search.sounds import Sounds, readings
from service.search.spelling import Spelling, distance
from tests.support.tiny_index import index

NOTES = """# 神经网络

困惑度越低越好。注意力机制、位置编码和直接偏好优化都要会。蒸馏之后微调，显存不够就重计算。数据库里存代码。磨豆机要清洁。

The Transformer uses beam search and gradient checkpointing. RLHF needs LoRA and normalization.
"""


@pytest.fixture(scope="module")
def spelling(tmp_path_factory: pytest.TempPathFactory) -> Spelling:
    snapshot = index(tmp_path_factory.mktemp("spelling"), a=NOTES)
    return Spelling(snapshot, Lexicon(snapshot))


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("什么是困或度", "什么是困惑度"),
        ("偏好优华", "偏好优化"),
        ("位置编马", "位置编码"),
        ("数具库", "数据库"),
        ("墨豆机怎么清洁", "磨豆机怎么清洁"),  # in no dictionary
        ("資料庫", "数据库"),
        ("注力意机制", "注意力机制"),
        ("Tranformer 是什么", "Transformer 是什么"),
        ("checkpoiting", "checkpointing"),
        ("RLFH", "RLHF"),
        ("beem search 实现", "beam search 实现"),
        ("weitiao", "微调"),
        ("zhuyili jizhi", "注意力 机制"),
        ("怎麼寫程式碼", "怎么写代码"),
        ("太大显存放不下", "太大 显存 放不下"),
    ],
)
def test_a_slip_is_mended_by_the_documents_own_words(spelling: Spelling, slip: str, meant: str) -> None:
    assert spelling.mended(slip) == meant


@pytest.mark.parametrize(
    "text",
    [
        "什么是困惑度",
        "LoHa 和 DoRA",  # names are close to one another
        "bear hunting",  # one letter from beam, but not before search
        "Informer",
        "How does it change?",  # no pinyin in an English question
        "GPT-5",
        "nn.Transfomer",  # part of an identifier
        "是用什么做的",
        "蒸餾",  # the documents' own word, in other characters
        "",
    ],
)
def test_other_words_stay(spelling: Spelling, text: str) -> None:
    assert spelling.mended(text) == text


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [("abc", "abc", 0), ("acb", "abc", 1), ("abd", "ABC", 1), ("ab", "abc", 1), ("bca", "abc", 2), ("xyz", "abc", 3)],
)
def test_distance(one: str, other: str, far: int) -> None:
    assert distance(one, other, 2) == far


def test_how_terms_sound(tmp_path_factory: pytest.TempPathFactory) -> None:
    assert readings("微调")[0] in [("wei", "tiao"), ("wei", "diao")]
    sounds = Sounds.of(index(tmp_path_factory.mktemp("sounds"), a=NOTES).postings)
    assert sounds.like("困获") == "困惑"
    assert sounds.like("昆或") is None  # no character in common
    assert sounds.spelt("kunhuo") == "困惑"
    assert sounds.spelt("kun") is None
