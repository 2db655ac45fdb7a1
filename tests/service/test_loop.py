"""What holds the event loop up: text is cut and read elsewhere, however long or strange it is."""

import threading
import unicodedata

import pytest
from starlette.testclient import TestClient

from ingest.words import words as module
from service.language.length import bounded

MOST = 4000  # characters that the loop's own thread cuts into words at once: some milliseconds
LIGATURE = "\ufdfa"  # unfolds to 18 characters


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Notes the thread and the length of every text that is cut into words."""
    seen: list[tuple[str, int]] = []
    terms = module.Words.terms

    def noted(self: module.Words, text: str) -> list[str]:
        seen.append((threading.current_thread().name, len(unicodedata.normalize("NFKC", text))))
        return terms(self, text)

    monkeypatch.setattr(module.Words, "terms", noted)
    return seen


def said(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


WORST = {
    "a long history": [said("user", "海星协议怎么轮流发言？" * 110), said("assistant", "每轮五个节点。" * 170)] * 7,
    "one message": [said("user", "微调和检索的区别" * 2400)],
    "ligatures": [said("user", LIGATURE * 1000)] * 5,
    "ideographs": [said("user", "\u3300\u337b" * 1400)] * 6,
    "spaces": [said("user", " \u200b" * 9000), said("user", "x" * 19_000)],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WORST)
@pytest.mark.parametrize("question", ["之前说的缓存呢？", "继续", "第二步是什么？"])
def test_no_history_holds_the_loop_up(
    client: TestClient, read: list[tuple[str, int]], name: str, question: str
) -> None:
    reply = client.post("/v1/ask", json={"question": question, "history": WORST[name]})
    assert reply.status_code == 200
    here = [length for thread, length in read if not thread.startswith(("work", "model"))]
    assert max(here, default=0) <= MOST
    assert sum(here) <= 5 * MOST


@pytest.mark.parametrize("question", [LIGATURE * 2000, "什么是\u337b" * 400, "a.b" * 666, "问" * 2000])
def test_no_question_holds_the_loop_up(client: TestClient, read: list[tuple[str, int]], question: str) -> None:
    assert client.post("/v1/ask", json={"question": question}).status_code == 200
    here = [length for thread, length in read if not thread.startswith(("work", "model"))]
    assert max(here, default=0) <= MOST


@pytest.mark.parametrize("text", ["", "问" * 5000, LIGATURE * 5000, "ﬁ" * 3000 + LIGATURE, "plain"])
def test_what_is_left_of_a_text_is_bounded_when_unfolded(text: str) -> None:
    left = bounded(text, 1000)
    assert text.startswith(left)
    assert len(unicodedata.normalize("NFKC", left)) <= 1000
    assert left or not text
