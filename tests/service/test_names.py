"""Names as people write them, and things that only resemble what the documents have."""

import pytest
from starlette.testclient import TestClient


@pytest.mark.parametrize("question", ["决策树怎么剪枝？", "Adam 优化器的公式", "机器翻译 BLEU 的具体公式"])
def test_what_is_near_is_not_told_for_what_was_asked(client: TestClient, question: str) -> None:
    assert client.post("/v1/ask", json={"question": question}).json()["status"] != "answered"


@pytest.mark.parametrize(("question", "entry"), [("<pad> token 的作用", "3.7"), ("ΔW 是什么", "5.3")])
def test_a_name_is_found_however_it_is_written(client: TestClient, question: str, entry: str) -> None:
    reply = client.post("/v1/ask", json={"question": question}).json()
    assert (reply["status"], reply["citations"][0]["entry_id"]) == ("answered", entry)


def test_a_word_in_pinyin_is_no_small_talk(client: TestClient) -> None:
    reply = client.post("/v1/ask", json={"question": "weitiao"}).json()
    assert (reply["status"], reply["query"]) == ("answered", "微调")
