from ingest.index.points.point import items
from ingest.index.qdrant.fields import payload
from tests.support.clustered import clustered


def test_what_stands_at_one_place_says_it_plainly() -> None:
    snapshot = clustered()
    made = [payload(item.chunks) for item in items(snapshot)]
    assert made[7] == {"document": "small.md", "section": snapshot.chunks[7].section, "stars": 2, "answered": 1}
    # Passage 50 is of entry 16, and stands in entry 350 too; so the title of its entry does.
    places = [{"document": "tenth.md", "stars": 4}, {"document": "rest.md", "stars": 2}]
    for fields in (made[50], made[3016]):
        assert fields["several"] == 1
        several = fields["places"]
        assert isinstance(several, list)
        assert [{key: place[key] for key in ("document", "stars")} for place in several] == places
