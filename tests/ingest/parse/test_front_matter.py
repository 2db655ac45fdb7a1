"""What front matter says of a document."""

import datetime

import pytest

from ingest.parse.front_matter import Metadata, metadata_of

DAY = datetime.date(2026, 3, 9)


@pytest.mark.parametrize(
    ("text", "date", "tags"),
    [
        ("---\ntitle: 门禁\ndate: 2026-03-09\ntags: [人事, HR]\n---\n\n正文\n", DAY, {"人事", "hr"}),
        ("---\ntitle: a\n日期: 2026年3月9日\n标签: 人事、 HR\n---\n", DAY, {"人事", "hr"}),
        ("---\npublished: 2026-03-09T10:00:00Z\nkeywords: a, B\n...\n\ntext\n", DAY, {"a", "b"}),
        ("---\ntags:\n- one\n- '#two'\n- 3\n---\n", None, {"one", "two", "3"}),
        ("+++\ntitle = 'x'\ndate = 2026-03-09\ntags = ['x']\n+++\n", DAY, {"x"}),
        ("---\ndate: 2026-02-30\ntags: {a: b}\n---\n", None, set()),
        ("---\ntitle: [broken\n---\n", None, set()),
        ("---\ndate: &a 2026-03-09\ntags: [*b]\n---\n", None, set()),
        ("---\n\nno front matter\n", None, set()),
        ("# 标题\n\ndate: 2026-03-09\n", None, set()),
        ("", None, set()),
    ],
)
def test_dates_and_tags(text: str, date: datetime.date | None, tags: set[str]) -> None:
    assert metadata_of(text) == Metadata(date, frozenset(tags))


@pytest.mark.parametrize(
    ("text", "date", "tags"),
    [
        (
            "---\ntitle: 门禁: 办法\ndate: 2024-03-01\ntags: [考勤, HR]\n---\n",
            datetime.date(2024, 3, 1),
            {"考勤", "hr"},
        ),
        ('{\n "date": "2024-03-01",\n "tags": ["考勤"]\n}\n\n文。', datetime.date(2024, 3, 1), {"考勤"}),
        ("Title: a\nDate: 2024-03-01\nTags: 考勤\n\n文。", datetime.date(2024, 3, 1), {"考勤"}),
        ("\n---\ndate: 2024-03-01\n---\n", datetime.date(2024, 3, 1), set()),
        ("---\ntitle: a\ndate: 2024-03-01\n\n# 文\n", datetime.date(2024, 3, 1), set()),
    ],
)
def test_what_is_not_as_it_should_be_has_a_date_and_tags_too(text: str, date: datetime.date, tags: set[str]) -> None:
    assert metadata_of(text) == Metadata(date, frozenset(tags))
