from pathlib import Path

import pytest

from ingest.index import mapped
from ingest.index.keys import Keys
from ingest.index.mapped import MappedDocuments, MappedOrigins, write_documents, write_origins
from ingest.read.origin import Container, Origin

DOCUMENTS = {"a/甲.md": "一\r\n二\u2028👩‍🔬", "b.md": "", "c.md": "三" * 100}


@pytest.fixture
def documents(tmp_path: Path) -> MappedDocuments:
    write_documents(tmp_path / "documents", DOCUMENTS)
    return MappedDocuments(tmp_path / "documents")


def test_documents_are_a_mapping(documents: MappedDocuments) -> None:
    assert documents == DOCUMENTS
    assert (list(documents), list(documents.names), len(documents)) == ([*DOCUMENTS], [*DOCUMENTS], 3)
    assert "b.md" in documents
    assert "d.md" not in documents
    assert (documents.get("d.md"), documents["b.md"]) == (None, "")
    with pytest.raises(KeyError, match=r"d\.md"):
        documents["d.md"]


def test_a_document_that_is_too_long_is_read_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "KEPT", 10)
    write_documents(tmp_path / "documents", DOCUMENTS)
    documents = MappedDocuments(tmp_path / "documents")
    assert documents["a/甲.md"] is documents["a/甲.md"]
    assert documents["c.md"] is not documents["c.md"]
    assert documents == DOCUMENTS


def test_a_name_whose_digest_another_has_is_not_found(
    documents: MappedDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keys, "numbers", lambda self, string: [0, 1])
    assert documents["b.md"] == ""
    assert "other.md" not in documents


def test_documents_whose_texts_were_cut_are_refused(tmp_path: Path) -> None:
    write_documents(tmp_path / "documents", DOCUMENTS)
    (tmp_path / "documents/texts").write_bytes(b"x")
    with pytest.raises(ValueError, match="disagree"):
        MappedDocuments(tmp_path / "documents")


def test_origins_are_a_mapping(tmp_path: Path) -> None:
    origins = {name: Origin(parts=(Container(0, 2, "slide", name),)) for name in ("a.pptx", "b.pptx")}
    write_origins(tmp_path / "origins.jsonl", origins)
    assert MappedOrigins(tmp_path / "origins.jsonl") == origins
    assert MappedOrigins(tmp_path / "origins.jsonl").get("a.md") is None
