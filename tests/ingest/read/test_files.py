import hashlib
import os
import random
import re
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.read.encoding import Decoded, decode
from ingest.read.files import Source, read
from ingest.read.reading import UnfitError

SIMPLIFIED = "大模型的训练分为预训练、监督微调和强化学习三个阶段。\n# 注意力机制\n- 让模型关注重要的词 item one\n"
TRADITIONAL = "大型語言模型的訓練分為預訓練、監督微調和強化學習。\n# 注意力機制\n- 讓模型關注重要的詞彙 item\n"


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def names(sources: list[Source]) -> list[str]:
    return [source.name for source in sources]


def test_a_folder_is_read_in_order_and_what_is_left_out_is_listed(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "b.md": "乙",
            "a/z.MD": "z",
            "a/深/c.markdown": "丙",
            "notes.text": "no",
            "empty.md": "",
            "blank.md": " \n",
            "photo.md": b"\x89PNG\0\0",
            ".git/config.md": "no",
            ".draft.md": "no",
            "long.md": "x" * 101,
        },
    )
    sources, skipped = read([tmp_path], max_bytes=100)
    assert names(sources) == ["a/z.MD", "a/深/c.markdown", "b.md"]
    assert [source.text for source in sources] == ["z", "丙", "乙"]
    assert sources[2].sha256 == hashlib.sha256("乙".encode()).hexdigest()
    assert sources[2].path == tmp_path / "b.md"
    reasons = {skip.name: skip.reason for skip in skipped}
    assert reasons.keys() == {
        ".draft.md", ".git", "blank.md", "empty.md", "long.md", "notes.text", "photo.md"
    }  # fmt: skip
    assert reasons[".git"] == reasons[".draft.md"] == "hidden"
    assert reasons["empty.md"] == reasons["blank.md"] == "empty"
    assert "100 bytes" in reasons["long.md"]
    assert "NUL" in reasons["photo.md"]
    assert "no format that is read" in reasons["notes.text"]


def test_a_file_as_given_may_have_any_suffix_and_be_as_large_as_the_limit(tmp_path: Path) -> None:
    write(tmp_path, {"notes.txt": "x" * 100})
    done: list[tuple[int, int]] = []
    sources, skipped = read([tmp_path / "notes.txt"], 100, lambda *at: done.append(at))
    assert (names(sources), skipped, done) == (["notes.txt"], [], [(1, 1)])


def test_a_missing_path_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=re.escape("nowhere.md")):
        read([tmp_path / "nowhere.md"])


def test_links_are_followed_only_to_files_inside(tmp_path: Path) -> None:
    write(tmp_path, {"in/z.md": "z", "in/.v1/data.md": "mounted", "out/secret.md": "s"})
    inside = tmp_path / "in"
    (inside / "loop").symlink_to(inside)
    (inside / "self.md").symlink_to("self.md")
    (inside / "gone.md").symlink_to("nothing.md")
    (inside / "out.md").symlink_to(tmp_path / "out" / "secret.md")
    (inside / "a.md").symlink_to("z.md")
    (inside / "mounted.md").symlink_to(".v1/data.md")
    sources, skipped = read([inside])
    assert names(sources) == ["z.md", "mounted.md"]
    reasons = {skip.name: skip.reason for skip in skipped}
    assert reasons.keys() == {".v1", "loop", "self.md", "gone.md", "out.md", "a.md"}
    assert "link to a folder" in reasons["loop"]
    assert "out of the folder" in reasons["out.md"]
    assert "already read" in reasons["a.md"]
    assert "cannot be read" in reasons["gone.md"]
    assert "cannot be read" in reasons["self.md"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    assert [skip.reason for skip in read([tmp_path])[1]] == ["not a regular file"]


def test_clashing_names_are_told_apart_and_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, {"a/x.md": "1", "b/x.md": "2", "c/b/x.md": "3", "c/b/y.md": "4", "b/sub/y.md": "5"})
    sources, skipped = read([tmp_path / "a", tmp_path / "b", tmp_path / "c" / "b" / "x.md", tmp_path / "b" / "x.md"])
    assert names(sources) == ["x.md", "sub/y.md", "b/x.md", "b/x-2.md"]
    assert [(skip.name, skip.reason) for skip in skipped] == [("x.md", "already read by another path")]


def test_a_folder_given_by_dots_lends_its_real_name(tmp_path: Path) -> None:
    write(tmp_path, {"a/x.md": "1", "b/x.md": "2", "b/sub/y.md": "3"})
    assert names(read([tmp_path / "a", tmp_path / "b" / "sub" / ".."])[0]) == ["x.md", "sub/y.md", "b/x.md"]


def test_names_are_safe_in_a_url(tmp_path: Path) -> None:
    write(tmp_path, {"a?b#c%2e\\..\n\u202e名.md": "1", "cafe\u0301.md": "2"})
    assert names(read([tmp_path])[0]) == ["a_b_c_2e_..__名.md", "café.md"]


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes on POSIX only")
def test_a_name_that_is_not_utf_8_becomes_printable(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.md")).write_text("1")
    (name,) = names(read([tmp_path])[0])
    assert (name, unquote(quote(name))) == ("_.md", "_.md")


@pytest.mark.parametrize(
    ("text", "saved_as", "named"),
    [
        ("# 标题\r\n", "utf-8", "utf-8"),
        ("# 标题", "utf-8-sig", "utf-8-sig"),
        ("# 标题 A", "utf-16", "utf-16"),
        (SIMPLIFIED, "gbk", "gb18030"),
        (SIMPLIFIED * 2000, "gb18030", "gb18030"),
        (TRADITIONAL, "big5", "big5hkscs"),
    ],
)
def test_decode(text: str, saved_as: str, named: str) -> None:
    assert decode(text.encode(saved_as)) == Decoded(text, named)


@pytest.mark.parametrize(
    ("text", "saved_as", "named"),
    [
        ("茶园在山北，采茶要赶在雨前。", "gbk", "gb18030"),
        (
            "# Tea garden\n\n" + "Pick before the rain and dry it. " * 12 + "\n\n记录：陆羽\n",
            "gbk",
            "gb18030",
        ),
        ("# Staff\n\nThe garden is kept by:\n\n陆羽\n", "gbk", "gb18030"),
        ("看园人㑇生与𠮷田，采茶在雨前，烘干在阴处。", "gb18030", "gb18030"),
        ("茶園在山北，採茶要趕在雨前。", "big5", "big5hkscs"),
        ("# Tea garden\n\n" + "Pick before the rain. " * 12 + "\n\n記錄：陸羽\n", "big5", "big5hkscs"),
        ("Un thé à la menthe, s’il vous plaît ; ça coûte 3 €.", "cp1252", "cp1252"),
        ("Un thé", "latin-1", "cp1252"),
        ("# Öfen\n\nDie Größe der Öfen prüft man jährlich; Maße in Fuß.", "latin-1", "cp1252"),
        ("¿Cuándo se cosecha el té? El año que viene, señora Núñez.", "cp1252", "cp1252"),
        ("The “leaf” is dried – see §3, it’s short.", "cp1252", "cp1252"),
        ("# 茶园\n采茶 item one\n", "utf-16-le", "utf-16-le"),
        ("# Tea garden\npick, dry\n", "utf-16-be", "utf-16-be"),
    ],
)
def test_short_files_and_files_mostly_of_another_language_are_read(text: str, saved_as: str, named: str) -> None:
    assert decode(text.encode(saved_as)) == Decoded(text, named)


@pytest.mark.parametrize(
    ("raw", "text", "broken"),
    [
        ("# 茶园\n\n采茶在雨前。".encode()[:-1], "# 茶园\n\n采茶在雨前", (25,)),
        (SIMPLIFIED.encode()[:-2] + b"\xe6\x96", SIMPLIFIED[:-2], (len(SIMPLIFIED.encode()) - 2,)),
        ("采茶在雨前。".encode() * 5 + b"\xff" + "烘干。".encode(), "采茶在雨前。" * 5 + "\ufffd烘干。", (90,)),
        (("# English text\n" * 50).encode() + b"\xff\xfe\xfd", "# English text\n" * 50 + "\ufffd", (750, 751, 752)),
        ("采茶在雨前，烘干在阴处。".encode("gbk")[:-1], "采茶在雨前，烘干在阴处", (22,)),
        (
            SIMPLIFIED.encode("gbk") * 2000 + b"\xff",
            SIMPLIFIED * 2000,
            (2000 * len(SIMPLIFIED.encode("gbk")),),
        ),
        ("# Tea".encode("utf-16") + b"x", "# Tea", (12,)),
    ],
)
def test_a_few_broken_bytes_are_named_and_the_rest_is_read(raw: bytes, text: str, broken: tuple[int, ...]) -> None:
    decoded = decode(raw)
    assert (decoded.text, decoded.broken) == (text, broken)
    assert f"at byte {broken[0]}" in decoded.warning


def test_warnings_go_with_the_file(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "cut.md": "采茶在雨前。".encode()[:-1],
        "n.json": '{"rows": []}',
        "page.txt": "<?xml version='1.0'?>\n<p>茶</p>",
        "data.txt": "[1, 2]",
        "fine.txt": "[茶] 园",
        "fine.md": "{}",
    }
    write(tmp_path, files)
    sources, _ = read([tmp_path / name for name in files])
    told = {source.name: " ".join(source.warnings) for source in sources if source.warnings}
    assert told.keys() == {"cut.md", "n.json", "page.txt", "data.txt"}
    assert "broken utf-8 at byte 15" in told["cut.md"]
    assert all("read as plain text" in told[name] for name in ("n.json", "page.txt", "data.txt"))
    assert "JSON" in told["n.json"]
    assert "XML" in told["page.txt"]


@pytest.mark.parametrize(
    "raw",
    [
        "Большие языковые модели обучаются.".encode("cp1251"),
        "Большие языковые модели обучаются.".encode("koi8_r"),
        "Zażółć gęślą jaźń. Książka leży na stole.".encode("cp1250"),
        "대규모 언어 모델의 학습은 사전 학습과 미세 조정으로 나뉩니다.".encode("euc_kr"),
        "大規模言語モデルの学習は事前学習と微調整に分かれます。".encode("shift_jis"),
        "大規模言語モデルの学習は事前学習と微調整に分かれます。".encode("euc_jp"),
        "你好".encode("gbk"),  # right, but no one can tell
        (SIMPLIFIED.encode() + SIMPLIFIED.encode("gbk")) * 20,
        b"\xff\xfe\x00",
        b"%PDF-1.7\n1 0 obj",
        b"PK\x03\x04\x14\x00\x06",
        b"\x01\x02\x03\x04text\x05\x06\xff",
        random.Random(3).randbytes(100_000).replace(b"\0", b""),
    ],
)
def test_what_is_not_clearly_known_is_refused(raw: bytes) -> None:
    with pytest.raises(UnfitError):
        decode(raw)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_utf_8_is_never_taken_for_anything_else(text: str) -> None:
    assert decode(text.encode()).text == text.removeprefix("\ufeff")


def test_marks_of_byte_order_are_no_text() -> None:
    assert decode(3 * b"\xef\xbb\xbf" + "# 门禁".encode()).text == "# 门禁"
