"""Jobs over a small corpus with the tiny embedder, in this process or in one that a test kills."""

import os
import sys
from pathlib import Path

from ingest.jobs.work import work_off
from ingest.settings import FixedSettings, IngestSettings, UploadSettings
from tests.support.tiny_embedder import TinyEmbedder


def settings_of(folder: Path, **uploads: object) -> IngestSettings:
    """A corpus of one file, all below a folder."""
    (folder / "corpus").mkdir(exist_ok=True)
    (folder / "corpus/own.md").write_text("# Own\n\nThe corpus has this file.\n", "utf-8")
    return IngestSettings(
        corpus=[folder / "corpus"],
        index=folder / "index",
        pack="none",
        chunker=FixedSettings(kind="fixed", size=200, overlap=0),
        uploads=UploadSettings.model_validate({"path": folder / "documents", **uploads}),
    )


def work(settings: IngestSettings, embedder: TinyEmbedder | None = None) -> None:
    """Do all jobs that wait."""
    work_off(settings, lambda: embedder or TinyEmbedder(), 0.05)


if __name__ == "__main__":  # a worker whose embedder stops for as long as a test needs to kill it
    os.environ.pop("OUTLINE_QA_UPLOADS__PATH", None)
    work(settings_of(Path(sys.argv[1]), url=sys.argv[2] if sys.argv[2:] else None), TinyEmbedder(delay=600))
