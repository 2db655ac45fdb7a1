from pathlib import Path

import numpy as np
import pytest

from ingest.index.grouping import groups
from ingest.index.mapped import MappedAliases, MappedGroups, write_aliases
from ingest.index.register import Register, joined
from tests.support.clustered import clustered


@pytest.fixture(params=["made", "mapped"])
def register(request: pytest.FixtureRequest, tmp_path: Path) -> Register:
    whole = clustered()
    made = Register.of(whole.chunks, whole.aliases)
    made.save(tmp_path / "register")
    return made if request.param == "made" else Register.load(tmp_path / "register")


def test_groups_are_those_of_objects(register: Register) -> None:
    chunks = clustered().chunks
    expected = groups(chunks)
    assert tuple(MappedGroups(chunks, register)) == expected
    assert MappedGroups(chunks, register)[-2:] == expected[-2:]
    for number, group in enumerate(expected):
        assert register.keys.numbers(joined(group.key)) == [number]
        assert (register.groups[list(group.rows)] == number).all()


def test_equal_passages_are_those_of_objects(register: Register, tmp_path: Path) -> None:
    aliases = clustered().aliases
    write_aliases(tmp_path / "aliases.jsonl", aliases)
    assert MappedAliases(tmp_path / "aliases.jsonl", register.aliased) == aliases


def test_passages_of_a_document(register: Register) -> None:
    whole, columns = clustered(), register.columns
    for name in whole.documents:
        own = [row for row, chunk in enumerate(whole.chunks) if chunk.document == name]
        assert columns.of_document(name).tolist() == own
        elsewhere = sum(chunk.document == name for same in whole.aliases.values() for chunk in same)
        assert columns.passages([name, "none.md"]) == [len(own) + elsewhere, 0]


def test_arrays_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    whole = clustered()
    Register.of(whole.chunks, whole.aliases).save(tmp_path / "register")
    np.save(tmp_path / "register/groups.npy", np.zeros(2, np.int32))
    with pytest.raises(ValueError, match="disagrees on how many passages"):
        Register.load(tmp_path / "register")
