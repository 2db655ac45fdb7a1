"""What is not in the documents is not answered out of what was said before."""

import pytest
from starlette.testclient import TestClient

BEFORE = [
    {"role": "user", "content": "lora_alpha 一般设成 r 的几倍？"},
    {"role": "assistant", "content": "`lora_alpha` 通常设为 `r` 的两倍。[1]"},
]


@pytest.mark.parametrize(
    "question", ["明天上海天气怎么样", "孩子发烧了怎么办", "股票怎么买", "How old is the universe?"]
)
def test_a_new_subject_of_other_documents_is_refused(client: TestClient, question: str) -> None:
    reply = client.post("/v1/ask", json={"question": question, "history": BEFORE}).json()
    assert reply["status"] == "not_in_documents"
    assert reply["citations"] == []


@pytest.mark.parametrize("question", ["how large should r be", "那 target_modules 呢", "那它的缺点呢？"])
def test_what_leans_on_it_is_answered(client: TestClient, question: str) -> None:
    reply = client.post("/v1/ask", json={"question": question, "history": BEFORE}).json()
    assert reply["status"] == "answered"
