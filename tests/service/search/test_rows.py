from ingest.chunk.units import MANY_ROWS
from service.search.rows import abridged
from tests.support.packs import WORDS

HEAD = "# 豆 > 水温\n| 豆 | 水温 |\n|---|---|"
ROWS = [f"| 第{n}号豆 | {70 + n} 度 |" for n in range(20)]


def read(question: str, *rows: str, head: str = HEAD) -> str:
    return abridged("\n".join((head, *rows)), WORDS.terms(question), WORDS)


def test_a_model_reads_the_rows_that_a_question_names() -> None:
    assert read("17号豆", *ROWS).split("\n")[:4] == [*HEAD.split("\n"), ROWS[17]]


def test_text_around_a_table_and_tables_that_nothing_names_stay_whole() -> None:
    whole = "\n".join((HEAD, *ROWS, "", "水温以出水口为准。"))
    assert abridged(whole, WORDS.terms("磨多细"), WORDS) == whole
    assert abridged(whole, WORDS.terms("17号豆"), WORDS).endswith("\n\n水温以出水口为准。")


def test_a_short_table_stays_whole() -> None:
    rows = ROWS[: MANY_ROWS - 1]
    assert read("3号豆", *rows) == "\n".join((HEAD, *rows))


def test_a_passage_among_the_rows_keeps_the_head_that_stands_before_it() -> None:
    head = "豆 > 水温\n| 豆 | 水温 |"
    assert read("第12号豆的水温", *ROWS[5:], head=head).startswith(f"{head}\n{ROWS[12]}")
