import pytest

from ingest.build import build_index
from ingest.chunk.recursive import RecursiveChunker
from ingest.clean import CleanSteps
from ingest.fit.reranker.negatives import Found
from ingest.fit.reranker.sets import QuestionSet
from ingest.fit.reranker.statement_set import statements
from ingest.index.snapshot import Snapshot
from ingest.index.versions import Versions
from ingest.pack import Packs
from tests.support.packs import PACK
from tests.support.paths import ROOT
from tests.support.tiny_embedder import TinyEmbedder


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    versions, embedder = Versions(tmp_path_factory.mktemp("index")), TinyEmbedder()
    build_index([ROOT / "ingest/corpus"], versions, embedder, RecursiveChunker(300), CleanSteps(), Packs())
    return versions.open(embedder.fingerprint, packs=Packs())


@pytest.fixture(scope="module")
def said(snapshot: Snapshot) -> tuple[QuestionSet, list[Found]]:
    return statements(snapshot)


def test_the_right_statement_holds_the_evidence_and_no_other_does(said: tuple[QuestionSet, list[Found]]) -> None:
    questions, found = said
    evidence = {each.question: each.evidence for each in PACK.questions}
    assert len(questions.questions) == len(found) > 1500
    for question, wrong in zip(questions.questions, found, strict=True):
        assert question.owner in question.rows
        assert wrong.rows
        for rows, holds in ((question.rows, True), (wrong.rows, False)):
            for row in rows:
                assert (evidence[question.text] in questions.windows[row].partition("\n")[2]) is holds


def test_all_statements_of_a_question_are_of_its_entry(said: tuple[QuestionSet, list[Found]]) -> None:
    questions, found = said
    entries = {each.question: each.entry for each in PACK.questions}
    for question, wrong in zip(questions.questions, found, strict=True):
        for row in (*question.rows, *wrong.rows):
            path = questions.windows[row].partition("\n")[0].split(" > ")
            assert path[1] == entries[question.text]


def test_statements_are_the_outlines_own_words(snapshot: Snapshot, said: tuple[QuestionSet, list[Found]]) -> None:
    (text,) = snapshot.documents.values()
    assert len(set(said[0].windows)) == len(said[0].windows) > 500
    for window in said[0].windows:
        statement = window.partition("\n")[2]
        assert statement in text
        assert not (statement.startswith("```") and statement.endswith("```"))


def test_what_is_kept_from_training_is_kept_here_too(said: tuple[QuestionSet, list[Found]]) -> None:
    kept = {each.question for each in PACK.questions if each.kept}
    assert {q.text for q in said[0].questions if q.held_back} == kept & {q.text for q in said[0].questions} != set()
