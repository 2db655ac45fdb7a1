from pathlib import Path

import pytest

from ingest import plugins

READER = """
import os, socket, subprocess, time

def read(raw, name, limits):
    exec(raw)
"""


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader, offered by an entry point, that does what its file says."""
    (tmp_path / "hostile_reader.py").write_text(READER)
    info = tmp_path / "hostile-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hostile\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[outline_qa.readers]\nhostile = hostile_reader:read\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    plugins._known.cache_clear()
