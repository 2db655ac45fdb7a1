import numpy as np

from ingest.index.bm25 import Postings
from ingest.index.index import Probe
from ingest.index.points.point import Frequencies, items, sparse
from tests.support.clustered import clustered, texts

DOCUMENTS = [["red", "fox"], ["fox", "fox", "den"], [], ["red"]]


def test_frequencies_times_worth_are_the_weights_by_document() -> None:
    postings = Postings.build(DOCUMENTS)
    made = Frequencies.of(postings)
    assert made.ends.tolist() == [0, 2, 4, 4, 5]
    for number, document in enumerate(DOCUMENTS):
        span = slice(made.ends[number], made.ends[number + 1])
        own = {term: postings.scores([term])[number] for term in set(document)}
        terms = [[*postings.vocabulary][row] for row in made.terms[span]]
        assert dict(zip(terms, made.weights[span] * made.worth[made.terms[span]], strict=True)) == own
    # k1 1.5, b 0.75, mean length 1.5: two of three words are fox.
    assert made.weights[2] == 2 * 2.5 / (2 + 1.5 * (0.25 + 0.75 * 3 / 1.5))


def test_a_question_says_how_often_each_word_counts() -> None:
    postings = Postings.build(DOCUMENTS)
    worth, _ = postings.factors()
    asked = Probe(np.zeros(1, np.float32), ("den", "red", "den", "unknown"), ("red", "vixen"), 0.5)
    assert asked.counts() == {"den": 2.0, "red": 1.5, "unknown": 1.0, "vixen": 0.5}
    terms, weights = sparse(asked.counts(), postings, worth)
    assert dict(zip(terms, weights, strict=True)) == {
        postings.vocabulary["red"]: 1.5 * worth[postings.vocabulary["red"]],
        postings.vocabulary["den"]: 2 * worth[postings.vocabulary["den"]],
    }
    assert sparse({"unknown": 1.0}, postings, worth) == ([], [])


def test_every_passage_and_title_is_a_point() -> None:
    snapshot = clustered()
    made = list(items(snapshot))
    assert [item.number for item in made] == [*range(4000)]
    assert {item.name for item in made[:3000]} == {"passage"}
    assert {(item.name, len(item.terms)) for item in made[3000:]} == {("title", 0)}
    np.testing.assert_array_equal(made[3999].vector, snapshot.titles.vectors()[999])
    assert len(made[7].terms) == len(set(texts()[7]))
    assert made[7].chunks == (snapshot.chunks[7],)
    # Passage 50 is of entry 16, and stands in entry 350 too; so the title of its entry does.
    elsewhere = snapshot.aliases["50"][0]
    assert made[50].chunks == (snapshot.chunks[50], elsewhere)
    assert [*made[3016].chunks] == [*snapshot.chunks[48:51], elsewhere]
