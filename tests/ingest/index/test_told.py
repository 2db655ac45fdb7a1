from datetime import date
from pathlib import Path

import pytest

from ingest.index.told import Told

DOCUMENTS = {
    "a.md": "---\ndate: 2026-01-31\ntags: [人事, Leave]\n---\n\n甲",
    "b.md": "---\ndate: 2025-06-01\ntags: leave\n---\n\n乙",
    "c.md": "---\ntags: [other]\n---\n\n丙",
    "d.md": "丁",
}


@pytest.mark.parametrize(
    ("tags", "since", "until", "names"),
    [
        (["leave"], None, None, "ab"),
        ([" LEAVE ", "other"], None, None, "abc"),
        (["none"], None, None, ""),
        ([], None, None, ""),
        (None, date(2026, 1, 31), None, "a"),
        (None, None, date(2026, 1, 30), "b"),
        (None, date(2025, 6, 1), date(2026, 1, 31), "ab"),
        (["other"], date(2000, 1, 1), None, ""),
        (["人事"], date(2000, 1, 1), date(2027, 1, 1), "a"),
    ],
)
def test_documents_are_told_by_their_front_matter(
    tmp_path: Path, tags: list[str] | None, since: date | None, until: date | None, names: str
) -> None:
    made = Told.of(DOCUMENTS)
    made.save(tmp_path / "told")
    for told in (made, Told.load(tmp_path / "told", tuple(DOCUMENTS))):
        assert told.within(tags, since, until) == {f"{name}.md" for name in names}


def test_names_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    Told.of(DOCUMENTS).save(tmp_path / "told")
    with pytest.raises(ValueError, match="disagree"):
        Told.load(tmp_path / "told", ["a.md"])
