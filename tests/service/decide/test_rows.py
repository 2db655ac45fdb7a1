import pytest

from service.decide.rows import names_row

LEAVE = "| Kind | Days |\n|---|---|\n| Study leave | 10 |\n| Marriage leave | 3 |\n| Unpaid | 30 |"
CODES = "| Code | Name | Since |\n|---|---|---|\n| 40 | E_CHECKSUM | 2.1 |\n| 50 | 6262 | 2.2 |"


@pytest.mark.parametrize(
    ("question", "text", "named"),
    [
        ("How many days of study leave do I get?", LEAVE, True),
        ("Since which version is there E_CHECKSUM?", CODES, True),
        ("How far ahead must I ask for MARRIAGE LEAVE?", LEAVE, True),
        ("How do I leave my study?", LEAVE, False),  # the words of a row, not its name
        ("Is it unpaid?", LEAVE, False),  # a plain word
        ("What happened in 6262?", CODES, False),  # a number
        ("Which kind of days are there?", LEAVE, False),  # the head
        ("How do I sort my E_CHECKSUM_LIST?", CODES, False),
        ("Study leave is in the text.", "Study leave is a good thing.", False),
    ],
)
def test_a_row_is_named_by_the_words_that_it_begins_with(question: str, text: str, named: bool) -> None:
    assert names_row(question, text) is named
