"""Milvus in a file, where its small engine is installed."""

from pathlib import Path

import pytest

from ingest.index.backend import Backend
from ingest.index.dense import MANY

LACKING = "milvus-lite is not installed: pip install 'outline-qa[milvus-lite]'"


def milvus(folder: Path, many: int = MANY) -> Backend:
    """Return a Milvus of its own in a folder; skips the test where milvus-lite is not installed."""
    pytest.importorskip("milvus_lite", reason=LACKING)
    from ingest.index.milvus.server import MilvusServer

    return MilvusServer(str(folder / "milvus.db"), many=many)
