"""Personal data in questions, Chinese and English, by the places where people put them."""

import time
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from service.access.personal import masked
from service.settings import ServiceSettings


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("我的身份证是11010519491231002X，能报销吗？", "我的身份证是[id-number]，能报销吗？"),
        ("身份证110105194912310021对吗", "身份证110105194912310021对吗"),  # the check digit is X
        ("打13812345678找我", "打[phone]找我"),
        ("卡号6222021234567890128怎么查", "卡号[card-number]怎么查"),
        ("卡号6222021234567890127怎么查", "卡号6222021234567890127怎么查"),  # Luhn says no
        ("card 4111 1111 1111 1111 please", "card [card-number] please"),
        ("写信到zhang.san@example.com.cn。", "写信到[email]。"),
        ("车牌京A12345违章", "车牌[plate]违章"),
        ("护照E12345678过期", "护照[passport]过期"),
        ("my passport number is X1234567, ok?", "my [passport], ok?"),
        ("key sk-proj-a8Kd93hJs72mQpZ4xTb1 fails", "key [secret] fails"),
        ("Bearer oq_h3Kd9xW2mB7qT5vN8cR1yL4pZ6sJ0fA-Gk_uEoQaXbY", "Bearer [secret]"),
        ("密码：Xk9$mQ2pLw 登不上", "密码：[secret] 登不上"),
    ],
)
def test_masked(question: str, kept: str) -> None:
    assert masked(question) == kept


@pytest.mark.parametrize(
    "question",
    [
        "QLoRA 为什么省显存？",
        "7B 模型的 KV cache 在 batch 32、序列 4096 时占多少显存？",
        "云A100显卡和H100差多少？",
        "13015864320 个参数是多少 GB？",
        "What did RoBERTa change in BERT, and when (2019-07-26)?",
        "第3.8题的答案？",
    ],
)
def test_questions_stay_as_they_are(question: str) -> None:
    assert masked(question) == question


def test_what_is_kept_is_masked(client: TestClient, settings: ServiceSettings) -> None:
    """Both the question and how it was searched, and what was said of the answer."""
    question = "我的手机是13812345678，QLoRA 为什么省显存？"
    reply = client.post("/v1/ask", json={"question": question}).json()
    rating = {"answer_id": reply["id"], "rating": "down", "comment": "写信到 zhang.san@example.com"}
    assert client.post("/v1/feedback", json=rating).status_code == 204

    def kept() -> bytes:
        return b"".join(each.read_bytes() for each in settings.store.path.parent.glob(f"{settings.store.path.name}*"))

    wait_for(lambda: "我的手机是[phone]".encode() in kept() and "写信到 [email]".encode() in kept())
    assert b"13812345678" not in kept()
    assert b"zhang.san" not in kept()


def wait_for(holds: Callable[[], bool]) -> None:
    """What is written on another thread is there soon."""
    for _ in range(500):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it is not kept")
