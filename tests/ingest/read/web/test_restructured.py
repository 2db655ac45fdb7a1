"""reStructuredText, docutils' own and Sphinx's, as Markdown."""

import pytest

from ingest.read.kinds import kind_of
from ingest.read.reading import Limits, UnfitError
from ingest.read.web.restructured import read_restructured


def read(text: str) -> str:
    return read_restructured(text.encode(), "a.rst", Limits()).text


def test_headings_of_every_ruling_keep_their_levels() -> None:
    text = "水泵\n====\n\n先关阀门。\n\n保养\n----\n\n每月一次。\n\n润滑\n~~~~\n\n用三号脂。\n"
    assert read(text) == "# 水泵\n\n先关阀门。\n\n## 保养\n\n每月一次。\n\n### 润滑\n\n用三号脂。\n"


def test_a_lone_section_is_no_subtitle() -> None:
    assert "## Upkeep" in read("Pump\n====\n\nUpkeep\n------\n\nMonthly.\n")


def test_a_name_says_that_it_is_restructured_text() -> None:
    assert kind_of(b"Pump\n====\n", "docs/pump.rst", 1) == "restructured"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("See :ref:`the valve <valve>`.", "See the valve."),
        ("Call :meth:`~pump.Pump.start`.", "Call `start`."),
        ("Press :kbd:`Ctrl+C`.", "Press Ctrl+C."),
        ("``num_beams`` is 1.", "`num_beams` is 1."),
        (":math:`a^2` is needed.", "$a^2$ is needed."),
        ("Take `the manual <https://example.com>`_.", "Take the manual."),
    ],
)
def test_inline_markup_is_its_words(written: str, shown: str) -> None:
    assert read(f"Pump\n====\n\n{written}\n") == f"# Pump\n\n{shown}\n"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (".. warning:: Hot when it runs.", "Hot when it runs."),
        (".. versionadded:: 3.1 Two speeds.", "Added in version 3.1. Two speeds."),
        (".. only:: html\n\n   Shown here.", "Shown here."),
        (".. tab-item:: Linux\n   :sync: linux\n\n   Use the package.", "**Linux**\n\nUse the package."),
        (".. py:function:: start(speed)\n\n   Starts it.", "`start(speed)`\n\nStarts it."),
        (".. code-block:: sh\n   :linenos:\n\n   pump on", "```sh\npump on\n```"),
        (".. unheard-of::\n\n   Still text.", "Still text."),
    ],
)
def test_directives_give_what_they_show(written: str, shown: str) -> None:
    assert shown in read(f"Pump\n====\n\n{written}\n")


@pytest.mark.parametrize(
    "written",
    [
        ".. toctree::\n   :maxdepth: 2\n\n   secret",
        ".. include:: /etc/passwd",
        ".. literalinclude:: /etc/passwd",
        ".. raw:: html\n\n   <b>secret</b>",
        ".. raw:: html\n   :file: /etc/passwd",
        ".. csv-table::\n   :file: /etc/passwd",
        ".. automodule:: secret\n   :members:",
        ".. contents:: secret",
        ".. a comment that is secret",
    ],
)
def test_nothing_is_included_and_nothing_for_programs_is_text(written: str) -> None:
    text = read(f"Pump\n====\n\nClose the valve.\n\n{written}\n\nOpen it.\n")
    assert "secret" not in text
    assert "root" not in text
    assert text.startswith("# Pump\n\nClose the valve.\n\n")
    assert text.endswith("Open it.\n")


def test_tables_footnotes_and_terms() -> None:
    text = read(
        "Pump\n====\n\nIt holds two litres [1]_.\n\n====  =====\nPart  Price\n====  =====\nseal  12\n====  =====\n\n"
        "seal\n  Keeps it tight.\n\n.. [1] At rest.\n"
    )
    assert "| Part | Price |\n|---|---|\n| seal | 12 |" in text
    assert "It holds two litres [^1]." in text
    assert "[^1]: At rest." in text
    assert "Keeps it tight." in text


def test_what_is_broken_is_read_as_far_as_it_goes() -> None:
    text = read("Pump\n==\n\nSome *open emphasis and |missing| and `nowhere`_.\n\n.. note:: Still read.\n")
    assert "open emphasis" in text
    assert "Still read." in text


def test_a_file_that_only_includes_says_so() -> None:
    with pytest.raises(UnfitError, match="what it includes stands in other files"):
        read(".. include:: ../README.rst\n")
