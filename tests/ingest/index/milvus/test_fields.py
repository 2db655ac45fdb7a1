import json

import numpy as np

from ingest.index.milvus.fields import Fields
from ingest.index.points.point import items
from ingest.index.scope import Scope
from tests.support.clustered import clustered


def test_a_passage_is_known_by_its_place_or_by_the_set_of_its_places() -> None:
    snapshot = clustered()
    fields = Fields.of(snapshot)
    made = [fields.row(item.chunks) for item in items(snapshot)]
    small = fields.documents["small.md"]
    assert made[7] == {
        "document": small,
        "section": snapshot.chunks[7].section,
        "stars": 2,
        "answered": 1,
        "places": 0,
    }
    # Passage 50 is of entry 16, and stands in entry 350 too; so the title of its entry does.
    assert made[50]["places"] == made[3016]["places"] > 0
    assert made[50]["document"] == made[50]["section"] == -1
    again = Fields.of(clustered())
    assert [again.row(item.chunks) for item in items(snapshot)] == made


def test_a_filter_names_documents_by_number_and_the_sets_that_it_lets_through() -> None:
    snapshot = clustered()
    fields = Fields.of(snapshot)
    assert fields.expression(Scope()) == ""
    assert fields.expression(Scope(documents=frozenset({"none.md"}))) == "(places == 0 and places < 0) or places < 0"
    scope = Scope(frozenset({4, 2}), 3, frozenset({"tenth.md"}), True)
    one, _, sets = fields.expression(scope).partition(" or places in ")
    tenth = fields.documents["tenth.md"]
    assert one == f"(places == 0 and section in [2, 4] and stars >= 3 and document in [{tenth}] and answered == 1)"
    through = json.loads(sets)
    assert through
    for item in items(snapshot):
        number = fields.row(item.chunks)["places"]
        assert number == 0 or (number in through) == np.any([scope.allows(chunk) for chunk in item.chunks])
