"""What kind of answer a question gets, from candidates whose scores are set by hand."""

from dataclasses import replace

import numpy as np
import pytest

from ingest.fitted import FEW, Logistic, Margins
from ingest.index.snapshot import Snapshot
from ingest.pack import none
from service.decide.confidence import ConfidenceModel, ConfidenceModels, Matcher
from service.decide.coverage import Key
from service.decide.verdict import Decider, Verdict
from service.search.fusion import ReciprocalRank
from service.search.retrieve import Candidate, Query, Retriever
from service.search.scale import Scale
from tests.support.tiny_index import index

OUTLINE = """# 手册

## 1. 泵

★★★ **1. 离心泵怎么保养？**

离心泵每月检查轴承。

★★ **2. 齿轮泵怎么保养？**

★★ **3. 真空泵怎么保养？**

真空泵每周换油，油位不足先停机。
"""
SURE, UNSURE = 5.0, -5.0
MARGINS = Margins(
    unit="nats",
    ahead=1.0,
    preferred=2.0,
    far_ahead=4.0,
    held=0.6,
    covered=3.0,
    beside=1.0,
    related=6.0,
    fading=4.0,
)
PLACES = MARGINS.model_copy(
    update={"unit": "places", "preferred": None, "ahead": 1.0, "far_ahead": 3.0, "covered": 1.0}
)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return index(tmp_path_factory.mktemp("index"), a=OUTLINE)


def candidate(snapshot: Snapshot, entry: str, score: float, rerank_score: float | None = None) -> Candidate:
    chunk = next(chunk for chunk in snapshot.chunks if chunk.entry_id == entry)
    return Candidate(chunk, score, 1, 1, 0.5, 0.5, rerank_score)


def decide(
    snapshot: Snapshot,
    question: str,
    *candidates: Candidate,
    bias: float = SURE,
    covered: dict[Key, frozenset[Key]] | None = None,
    fitted: bool = True,
) -> Verdict:
    model = ConfidenceModel.of(Logistic(bias=bias, weights={}))
    stage = none().fitted.stages[0].model_copy(update={"margins": MARGINS}) if fitted else None
    scale = Scale(stage, stage, PLACES)
    matcher = Matcher(snapshot, Retriever(snapshot, ReciprocalRank()))
    query = Query.of(question, np.full(256, 1 / 16, np.float32), snapshot.pack.words)
    return Decider(matcher, ConfidenceModels(model, model), scale, covered or {}).decide(query, candidates).verdict


def test_without_candidates_it_is_not_in_the_documents(snapshot: Snapshot) -> None:
    assert decide(snapshot, "离心泵") == "not_in_documents"


def test_where_the_documents_do_not_deal_with_it_no_margin_helps(snapshot: Snapshot) -> None:
    assert decide(snapshot, "离心泵的价格", candidate(snapshot, "1.1", 9.0), bias=UNSURE) == "not_in_documents"


@pytest.mark.parametrize(
    ("question", "verdict"),
    [
        ("真空泵怎么换油？", "answered"),
        ("油不足怎么办", "answered"),  # a word of one character stands in 油位
        ("真空泵", "answered"),
        ("真空泵的油叫什么名字？", "answered"),
        ("真空泵要做什么？", "answered"),
        ("真空泵的保修期", "not_in_documents"),
        ("密封圈怎么换？", "not_in_documents"),
        ("怎么办？", "not_in_documents"),
    ],
)
def test_a_few_short_notes_answer_what_stands_in_them(snapshot: Snapshot, question: str, verdict: Verdict) -> None:
    assert decide(snapshot, question, candidate(snapshot, "1.3", 5.0), bias=UNSURE) == verdict


def test_many_passages_are_judged_by_what_was_fitted(snapshot: Snapshot) -> None:
    many = replace(snapshot, chunks=tuple(snapshot.chunks) * FEW)
    assert decide(many, "真空泵怎么换油？", candidate(snapshot, "1.3", 5.0), bias=UNSURE) == "not_in_documents"


def test_an_entry_with_text_first_is_an_answer(snapshot: Snapshot) -> None:
    found = candidate(snapshot, "1.1", 5.0), candidate(snapshot, "1.2", 1.0)
    assert decide(snapshot, "离心泵怎么保养？", *found) == "answered"


def test_nothing_with_text_is_listed(snapshot: Snapshot) -> None:
    assert decide(snapshot, "齿轮泵怎么保养？", candidate(snapshot, "1.2", 5.0)) == "listed_unanswered"


@pytest.mark.parametrize(
    ("ahead", "verdict"), [(0.5, "answered"), (1.5, "listed_unanswered"), (4.5, "listed_unanswered")]
)
def test_how_far_ahead_an_unanswered_entry_is(snapshot: Snapshot, ahead: float, verdict: Verdict) -> None:
    found = candidate(snapshot, "1.2", 2.0 + ahead), candidate(snapshot, "1.3", 2.0)
    assert decide(snapshot, "齿轮泵怎么保养？", *found) == verdict


@pytest.mark.parametrize(("ahead", "verdict"), [(1.5, "answered"), (4.5, "listed_unanswered")])
def test_a_passage_that_says_what_is_asked_answers_unless_it_is_far_behind(
    snapshot: Snapshot, ahead: float, verdict: Verdict
) -> None:
    found = candidate(snapshot, "1.2", 2.0 + ahead), candidate(snapshot, "1.3", 2.0)
    assert decide(snapshot, "油位不足先停机", *found) == verdict


@pytest.mark.parametrize(("preferred", "verdict"), [(1.5, "answered"), (2.5, "listed_unanswered")])
def test_the_cross_encoders_preference_suffices(snapshot: Snapshot, preferred: float, verdict: Verdict) -> None:
    found = candidate(snapshot, "1.2", 2.2, preferred), candidate(snapshot, "1.3", 2.0, 0.0)
    assert decide(snapshot, "齿轮泵怎么保养？", *found) == verdict


@pytest.mark.parametrize(("behind", "verdict"), [(2.5, "answered"), (3.5, "listed_unanswered")])
def test_an_entry_that_covers_the_subject_may_be_a_little_behind(
    snapshot: Snapshot, behind: float, verdict: Verdict
) -> None:
    found = candidate(snapshot, "1.2", 2.0 + behind), candidate(snapshot, "1.3", 2.0)
    covered = {("a.md", "1.2"): frozenset({("a.md", "1.3")})}
    assert decide(snapshot, "齿轮泵怎么保养？", *found, covered=covered) == verdict
    elsewhere = {("b.md", "1.2"): frozenset({("b.md", "1.3")})}
    assert decide(snapshot, "齿轮泵怎么保养？", *found, covered=elsewhere) == "listed_unanswered"


def test_scores_that_nothing_was_fitted_to_are_held_against_places(snapshot: Snapshot) -> None:
    """Two places ahead of the best answered one are enough, however little that is in score; one is not."""
    first, second, third = (
        candidate(snapshot, "1.2", 0.03),
        candidate(snapshot, "1.2", 0.02),
        candidate(snapshot, "1.3", 0.01),
    )
    assert decide(snapshot, "齿轮泵怎么保养？", first, second, third, fitted=False) == "listed_unanswered"
    assert decide(snapshot, "齿轮泵怎么保养？", first, third, fitted=False) == "answered"
    assert decide(snapshot, "齿轮泵怎么保养？", first, second, third) == "answered"
    near = {("a.md", "1.2"): frozenset({("a.md", "1.3")})}
    assert decide(snapshot, "齿轮泵怎么保养？", first, third, fitted=False, covered=near) == "answered"
