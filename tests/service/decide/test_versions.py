"""Another version of a thing is another thing."""

import pytest

from service.decide.versions import foreign
from service.search.lexicon import Lexicon
from tests.support.tiny_index import index

NOTES = "# Pumps\n\nThe Hydra-2 pump is quieter than the Hydra-1 pump. Orion seals fit both. Press B4 to stop.\n"


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    return Lexicon(index(tmp_path_factory.mktemp("versions"), a=NOTES))


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("Hydra-3 和 Hydra-2 有什么不同？", True),
        ("How loud is the Hydra-3?", True),
        ("Hydra-2 和 Hydra-1 有什么不同？", False),
        ("Orion 密封圈适合 Hydra-3 吗？", False),  # Orion is dealt with
        ("Lyra-3 有多响？", False),  # no other Lyra stands there: that is for the scores to say
        ("B5 键有什么用？", False),  # one letter is no name
        ("泵怎么停？", False),
    ],
)
def test_another_version_is_not_dealt_with(lexicon: Lexicon, question: str, other: bool) -> None:
    assert foreign(lexicon, question) == other


def test_versions_of_a_name(lexicon: Lexicon) -> None:
    assert sorted(lexicon.versions("hydra")) == ["hydra-1", "hydra-2"]
