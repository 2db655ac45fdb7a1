import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.fit.choice import FLOOR, LEAST, Choice, View, choose
from ingest.fit.pseudo import PseudoQuestion
from ingest.fitted import FusionWeights
from ingest.index.bm25 import Postings

SIZE = 40
NOISE = np.random.default_rng(7)


def weights(**given: float) -> FusionWeights:
    none = dict.fromkeys(("bm25", "dense", "title", "asked", "listed", "expansion"), 0.0)
    return FusionWeights.model_validate(none | given)


WORDS, MEANING, TITLES = weights(bm25=1.0), weights(dense=1.0), weights(title=1.0)
RANKS, AGAIN = weights(ranks=1.0), weights(feedback=1.0)


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def view(words: bool, meaning: bool, titles: bool = False) -> View:
    """A corpus in which question n asks for passage n, by its words, its vector, its title, or none of them."""
    own = unit(np.eye(SIZE))
    other = unit(np.roll(np.eye(SIZE), 1, axis=0) + 0.1 * NOISE.random((SIZE, SIZE)))
    terms = [[f"w{n}"] for n in range(SIZE)]
    return View(
        passages=own if meaning else other,
        titles=own if titles else other,
        postings=Postings.build([[f"w{n}", "all"] if words else ["all", "none"] for n in range(SIZE)]),
        vectors=own,
        terms=terms,
        spread=0.1,
    )


def asked(count: int = SIZE) -> list[PseudoQuestion]:
    return [PseudoQuestion(f"q{n}", n, "") for n in range(count)]


def chosen(corpus: View, **tried: FusionWeights) -> Choice:
    return choose(asked(), corpus, tried | {FLOOR: RANKS})


@pytest.mark.parametrize(
    ("corpus", "name"),
    [
        (view(words=True, meaning=False), "words"),
        (view(words=False, meaning=True), "meaning"),
        (view(words=False, meaning=False, titles=True), "titles"),
    ],
)
def test_takes_what_finds_the_passages(corpus: View, name: str) -> None:
    found = chosen(corpus, general=weights(), words=WORDS, meaning=MEANING, titles=TITLES)
    assert (found.name, found.questions, found.figures[name]) == (name, SIZE, 1.0)


def test_what_holds_in_general_stays_where_nothing_is_better() -> None:
    found = chosen(view(words=True, meaning=True), general=MEANING, words=WORDS)
    assert (found.name, dict(found.weights)) == ("general", MEANING.model_dump())


def test_nothing_that_plain_ranks_beat_is_taken() -> None:
    found = chosen(view(words=True, meaning=True), general=TITLES, again=TITLES)
    assert found.name == FLOOR


def test_feedback_asks_with_what_was_found() -> None:
    found = chosen(view(words=False, meaning=True), general=weights(), again=AGAIN)
    assert found.figures["again"] > found.figures["general"]


def test_too_few_questions_tell_nothing() -> None:
    corpus = view(words=True, meaning=False)
    found = choose(asked(LEAST - 1), corpus, {"general": MEANING, "words": WORDS, FLOOR: RANKS})
    assert (found.name, found.figures) == ("general", {})
