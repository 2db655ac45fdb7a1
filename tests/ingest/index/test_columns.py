"""A filter over columns lets through what the same filter lets through chunk by chunk."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ingest.chunk import Chunk
from ingest.index.columns import Columns
from ingest.index.scope import Scope

NAMES = ("a.md", "b.md", "c.md")
PLAIN = Chunk("", "text", "a.md", (), None, None, 0, 1, (0, 1), "x")

chunks = st.builds(
    lambda document, entry, stars, kind: replace(PLAIN, document=document, entry_id=entry, stars=stars, kind=kind),
    st.sampled_from(NAMES),
    st.sampled_from((None, "1.1", "2.3", "11.2")),
    st.sampled_from((None, 1, 3, 5)),
    st.sampled_from(("text", "listing")),
)
scopes = st.builds(
    Scope,
    st.none() | st.frozensets(st.sampled_from((1, 2, 11, 99))),
    st.none() | st.integers(0, 6),
    st.none() | st.frozensets(st.sampled_from((*NAMES, "none.md"))),
    st.none() | st.booleans(),
)


@given(st.lists(st.tuples(chunks, st.lists(chunks, max_size=2)), max_size=12), scopes)
def test_agrees_with_asking_each_chunk(drawn: list[tuple[Chunk, list[Chunk]]], scope: Scope) -> None:
    indexed = [replace(chunk, id=str(number)) for number, (chunk, _) in enumerate(drawn)]
    aliases = {str(number): same for number, (_, same) in enumerate(drawn) if same}
    expected = [any(map(scope.allows, (chunk, *aliases.get(chunk.id, ())))) for chunk in indexed]
    assert scope.mask(Columns.of(indexed, aliases)).tolist() == expected
