"""Which answered entries deal with the subject of one that is only listed."""

from dataclasses import replace

from starlette.testclient import TestClient

from ingest.index.snapshot import Snapshot
from service.decide.coverage import covered
from tests.support.packs import PACK


def test_every_pair_is_found_in_the_outline(snapshot: Snapshot) -> None:
    found = covered(snapshot.entries, PACK.covered)
    assert len(found) == len(PACK.covered) >= 5
    assert sum(map(len, found.values())) == sum(map(len, PACK.covered.values()))
    (document,) = snapshot.documents
    assert found[document, "7.6"] == {(document, "3.8"), (document, "3.9")}


def test_an_entry_that_gets_an_answer_is_covered_no_more(snapshot: Snapshot) -> None:
    answered = [replace(entry, answered=True) for entry in snapshot.entries]
    assert covered(answered, PACK.covered) == {}


def test_an_entry_whose_cover_lost_its_answer_is_not_covered(snapshot: Snapshot) -> None:
    listed = [replace(entry, answered=False) for entry in snapshot.entries]
    assert covered(listed, PACK.covered) == {}


def test_pairs_do_not_cross_documents(snapshot: Snapshot) -> None:
    apart = [replace(entry, document=entry.id) for entry in snapshot.entries]
    assert covered(apart, PACK.covered) == {}


def test_a_covered_subject_is_answered_and_the_listed_question_is_not(client: TestClient) -> None:
    def ask(question: str) -> tuple[str, set[str]]:
        reply = client.post("/v1/ask", json={"question": question}).json()
        return reply["status"], {citation["entry_id"] for citation in reply["citations"]}

    status, cited = ask("chunking strategies and their effect on retrieval quality")
    assert status == "answered"
    assert cited <= {"3.8", "3.9"}
    assert ask("TPU 和专用 AI 加速芯片相比 GPU，对推理效率有什么影响？") == ("listed_unanswered", {"8.15"})


def test_what_the_cross_encoder_prefers_by_far_is_listed(client: TestClient) -> None:
    question = "人家说对齐会让模型变笨，要交一笔“税”，到底是怎么回事？"
    found = client.post("/v1/search", json={"query": question, "k": 10}).json()["results"]
    answered = next(r for r in found if r["answered"])
    margins = next(stage for stage in PACK.fitted.stages if stage.reranker).margins
    assert found[0]["score"] - answered["score"] < margins.ahead
    assert found[0]["rerank_score"] - answered["rerank_score"] > margins.preferred
    assert client.post("/v1/ask", json={"question": question}).json()["status"] == "listed_unanswered"
