from pathlib import Path

import pytest

from ingest.index.terms import MappedTerms, write_terms

TERMS = ["模型", "kv缓存", "b", "模", "👩‍🔬"]


def test_terms_are_rows_by_their_order(tmp_path: Path) -> None:
    write_terms(tmp_path, TERMS)
    terms = MappedTerms(tmp_path)
    assert terms == {term: row for row, term in enumerate(TERMS)}
    assert (list(terms), len(terms)) == (TERMS, 5)
    for unknown in ("", "型", "缓存", "\udcff"):
        assert unknown not in terms
        assert terms.get(unknown) is None
    with pytest.raises(KeyError, match="型"):
        terms["型"]


def test_no_terms(tmp_path: Path) -> None:
    write_terms(tmp_path, [])
    assert dict(MappedTerms(tmp_path)) == {}


def test_terms_that_were_cut_are_refused(tmp_path: Path) -> None:
    write_terms(tmp_path, TERMS)
    (tmp_path / "terms").write_bytes(b"x")
    with pytest.raises(ValueError, match="1 bytes of terms are not those of 5"):
        MappedTerms(tmp_path)
