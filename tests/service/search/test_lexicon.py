import pytest

from service.search.lexicon import Lexicon
from tests.support.tiny_index import index

NOTES = "# Models\n\nGPT-4 is larger than GPT 3. Version 5 of nn.MultiheadAttention takes ΔW and self-attention.\n"


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    return Lexicon(index(tmp_path_factory.mktemp("lexicon"), a=NOTES))


@pytest.mark.parametrize(
    ("term", "knows", "has"),
    [
        ("gpt-4", True, True),
        ("gpt-5", False, False),  # both parts are there, and GPT-4 resembles it
        ("gpt-4.1", True, True),
        ("512-attent", True, True),
        ("multiheadattent", True, True),
        ("multiheadatention", True, False),
        ("attention-version", False, False),
        ("attent-version", True, True),
        ("zorbax", False, False),
    ],
)
def test_what_the_documents_know(lexicon: Lexicon, term: str, knows: bool, has: bool) -> None:
    assert (lexicon.knows(term), lexicon.has(term)) == (knows, has)


def test_a_compound_stands_for_its_parts(lexicon: Lexicon) -> None:
    assert lexicon.names("ΔW 和 nn.MultiheadAttention 有什么区别") == ["δw", "nn-multiheadattent"]
