"""Down-rated answers in the service's own store become candidates, without what could name a reader."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.grow.feedback import Complaint, masked, read, to_candidates
from eval.traffic.store import StoreError
from service.serve.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "存 #1" / "answers.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store(path, keep_days=30)
    yield store
    store.close()


def keep(store: Store, name: str, question: str, comment: str | None = None, **body: str) -> None:
    store.keep(name, question, json.dumps({"answer": "文档里没有。", "query": question} | body), "session-secret")
    assert store.rate(name, "down", comment)


def test_only_what_was_rated_down_is_read_while_the_service_runs(store: Store, path: Path) -> None:
    keep(store, "a-1", "它的缺点呢？", "答非所问", query="LoRA 的缺点呢？")
    store.keep("a-2", "什么是 QLoRA？", "{}", None)
    store.rate("a-2", "up", None)
    store.keep("a-3", "没有评价", "{}", None)
    assert read(path) == [Complaint("它的缺点呢？", "LoRA 的缺点呢？", "文档里没有。", "答非所问")]
    store.rate("a-2", "down", None)
    assert read(path)[1] == Complaint("什么是 QLoRA？", "", "", "")


def test_the_store_is_not_changed(store: Store, path: Path) -> None:
    keep(store, "a-1", "什么是 LoRA？")
    store.close()
    before = path.read_bytes()
    path.chmod(0o444)
    read(path)
    assert path.read_bytes() == before


def test_a_store_that_is_none_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with pytest.raises(StoreError, match=r"there is no store.*OUTLINE_QA_STORE__PATH"):
        read(path)
    assert not path.exists()
    path.write_text("no database, but a text that is long enough to be read as one" * 20, encoding="utf-8")
    with pytest.raises(StoreError, match="not a database"):
        read(path)
    path.unlink()
    sqlite3.connect(path).close()
    with pytest.raises(StoreError, match="no such table"):
        read(path)


def test_a_body_that_is_no_reply_is_passed_over(store: Store, path: Path) -> None:
    for name, body in (("a-1", "{}"), ("a-2", '{"answer": null}')):
        store.keep(name, "什么是 LoRA？", body, None)
        store.rate(name, "down", None)
    assert {c.answer for c in read(path)} == {""}


def test_the_most_often_rated_down_comes_first_and_those_alike_are_one(store: Store, path: Path) -> None:
    keep(store, "a-1", "什么是 T5？", "太短")
    keep(store, "a-2", "LoRA 训练时冻结了什么？", "错了")
    keep(store, "a-3", "LoRA训练时，冻结了什么呢", "还是错的")
    first, second = to_candidates(read(path))
    assert (first.question, second.question) == ("LoRA 训练时冻结了什么？", "什么是 T5？")
    assert first.why == "rated down 2 times; readers said: 还是错的 / 错了; the answer was: 文档里没有。"
    assert second.why.startswith("rated down once; readers said: 太短")
    assert (first.kind, first.status, first.entries, first.source) == ("", "", [], "feedback")
    assert to_candidates(read(path))[0].id == first.id != second.id


def test_how_a_follow_up_was_understood_is_told_and_long_answers_are_cut() -> None:
    (made,) = to_candidates([Complaint("what about it?", "What about LoRA?", "x" * 400, "")])
    assert made.why == f"rated down once; understood as: What about LoRA?; the answer was: {'x' * 300}…"
    assert made.language == "en"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("写信到 a.b+c@mail.example.com。", "写信到 [e-mail]。"),
        ("ｍａｉｌ＠ｅｘａｍｐｌｅ．ｃｏｍ", "[e-mail]"),
        ("我的电话13812345678谢谢", "我的电话[phone]谢谢"),
        ("138-1234-5678, +86 138 1234 5678", "[phone], [phone]"),
        ("010-62345678 或 (0755) 12345678", "[phone] 或 [phone]"),
        ("call +1 (415) 555-2671 now", "call [phone] now"),
        ("身份证 11010519491231002X", "身份证 [id number]"),
        ("用 13B 模型、4096 长度、lr=2e-5、1750 亿参数", "用 13B 模型、4096 长度、lr=2e-5、1750 亿参数"),
        ("数字 123456789012 和 0.0001", "数字 123456789012 和 0.0001"),
    ],
)
def test_addresses_and_numbers_of_people_are_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


def test_nothing_of_the_session_and_no_address_reaches_a_candidate(store: Store, path: Path) -> None:
    keep(store, "a-1", "请回信 me@example.com：什么是 LoRA？", "打 13812345678", answer="请写 you@example.com")
    (made,) = to_candidates(read(path))
    told = json.dumps([made.question, made.why], ensure_ascii=False)
    assert "session-secret" not in told
    assert "example.com" not in told
    assert "1381234" not in told
    assert made.question == "请回信 [e-mail]：什么是 LoRA？"
