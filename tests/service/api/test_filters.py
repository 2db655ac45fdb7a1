"""Filters by what documents say of themselves become filters by document."""

from datetime import date
from pathlib import Path

import pytest

from service.api.contract import Filters
from service.api.search import scope
from tests.support.tiny_index import index

TEXTS = {
    "old": "---\ndate: 2025-05-01\ntags: [hr]\n---\n\n# Leave\n\nTwenty days.\n",
    "new": "---\ndate: 2026-05-01\ntags: [HR, 年假]\n---\n\n# Leave\n\nThirty days.\n",
    "plain": "# Leave\n\nNo days.\n",
}


@pytest.mark.parametrize(
    ("filters", "documents"),
    [
        (Filters(tags=["hr"]), {"old.md", "new.md"}),
        (Filters(tags=["年假", "none"]), {"new.md"}),
        (Filters(since=date(2026, 1, 1)), {"new.md"}),
        (Filters(until=date(2025, 5, 1)), {"old.md"}),
        (Filters(tags=["hr"], documents=["old.md", "plain.md"]), {"old.md"}),
        (Filters(since=date(2027, 1, 1)), set()),
        (Filters(documents=["plain.md"]), {"plain.md"}),
    ],
)
def test_scope(tmp_path: Path, filters: Filters, documents: set[str]) -> None:
    made = scope(filters, index(tmp_path, **TEXTS))
    assert made is not None
    assert made.documents == documents


def test_no_filter_is_no_scope(tmp_path: Path) -> None:
    assert scope(None, index(tmp_path, **TEXTS)) is None
