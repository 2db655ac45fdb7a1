import pytest

from service.decide.rows import names_row

LEAVE = "| Kind | Days |\n|---|---|\n| Study leave | 10 |\n| Marriage leave | 3 |\n| Unpaid | 30 |"
CODES = "| Code | Name | Since |\n|---|---|---|\n| 40 | E_CHECKSUM | 2.1 |\n| 50 | 6262 | 2.2 |"
HEAD = "| Alloy | Density (g/cm3) | Weldability |\n|---|---|---|\n"
ALLOYS = f"{HEAD}| 2024 | 2.78 | poor |\n| 6262 | 2.72 | fair |\n| 40 | 2.7 | good |"


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
        ("How well can 6262 be welded?", ALLOYS, True),
        ("How dense is 6262?", ALLOYS, True),
        ("What density has 6262?", f"Alloys.\n\n{ALLOYS}", True),
        ("How well can 5083 be welded?", ALLOYS, False),
        ("How well can 62620 be welded?", ALLOYS, False),
        ("How dense was the crowd in 2024?", ALLOYS, False),  # a year
        ("How dense are 40 of them?", ALLOYS, False),  # a count
        ("Which alloy is 6262?", ALLOYS, False),  # the column that the number stands in
        ("What does 6262 cost?", ALLOYS, False),
        ("Is 6262 in the wild?", ALLOYS, False),
        ("How dense is 6262?", "| 6262 | 2.72 |\n| 6063 | 2.70 |", False),  # rows without their head
        ("Study leave is in the text.", "Study leave is a good thing.", False),
    ],
)
def test_a_row_is_named_by_the_words_that_it_begins_with(question: str, text: str, named: bool) -> None:
    assert names_row(question, text) is named
