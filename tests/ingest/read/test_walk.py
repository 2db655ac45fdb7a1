"""ZIP archives and patterns stand for files."""

import zipfile
from pathlib import Path

import pytest

from ingest.memo import Memo
from ingest.read.files import read


def test_a_zip_archive_stands_for_the_files_in_it(tmp_path: Path) -> None:
    path = tmp_path / "docs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("手册/a.md", "# 一\n\n正文。\n")
        archive.writestr("../out.md", "# no\n")
        archive.writestr(".hidden.md", "# no\n")
        archive.writestr("run.exe", "MZ")
        archive.writestr("inner.zip", "PK")
        archive.writestr("empty.md", "")
        archive.writestr("bomb.md", b"0" * (8 << 20))
        archive.writestr("XXXX.md", "# 二\n\n正文。\n")
    path.write_bytes(path.read_bytes().replace(b"XXXX.md", "制度.md".encode("gb18030")))  # as Windows writes it
    sources, skipped = read([tmp_path])
    reasons = {each.name: each.reason for each in skipped}
    assert {source.name for source in sources} == {"docs/手册/a.md", "docs/制度.md"}
    assert "bomb" in reasons["docs/bomb.md"]
    assert reasons["docs/empty.md"] == "empty"
    assert reasons["docs/.hidden.md"] == "hidden"
    assert reasons["docs/../out.md"] == "a name that leads out of the archive"
    assert reasons["docs/inner.zip"].startswith("of no format")
    assert [source.text for source in read([path])[0]] == [source.text for source in sources]


def test_patterns_name_files(tmp_path: Path) -> None:
    for name in ("a/x.md", "a/b/y.md", "a/b/z.exe", "w.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"# {name}\n\ntext\n", "utf-8")
    (tmp_path / "a[1].md").write_text("# its name has brackets\n", "utf-8")
    sources, skipped = read([tmp_path / "a" / "**" / "*"])
    assert [source.name for source in sources] == ["b/y.md", "x.md"]
    assert [each.name for each in skipped] == ["b/z.exe"]
    assert [source.name for source in read([tmp_path / "a[1].md"])[0]] == ["a[1].md"]
    with pytest.raises(FileNotFoundError, match="nothing is named like"):
        read([tmp_path / "*.pdf"])


def test_what_was_parsed_is_kept(tmp_path: Path) -> None:
    folder, kept = tmp_path / "in", tmp_path / "kept"
    folder.mkdir()
    (folder / "a.html").write_text("<h1>A</h1><p>One.</p>", "utf-8")
    (folder / "b.html").write_text("<h1>B</h1><p>Two.</p>", "utf-8")
    first, _ = read([folder], memo=Memo(kept))
    stamps = {path.name: path.stat().st_mtime_ns for path in kept.iterdir()}
    assert len(stamps) == 2
    (folder / "b.html").write_text("<h1>B</h1><p>Three.</p>", "utf-8")
    memo = Memo(kept)
    second, _ = read([folder], memo=memo)
    memo.tidy()
    assert second[0] == first[0]
    assert "Three" in second[1].text
    assert len([name for name in stamps if (kept / name).exists()]) == 1
    assert all((kept / name).stat().st_mtime_ns == at for name, at in stamps.items() if (kept / name).exists())
    for path in kept.iterdir():
        path.write_text("{cut", "utf-8")
    assert read([folder], memo=Memo(kept))[0] == second
