"""The key that a closed service wants goes with each request, and its file is named where it cannot be read."""

import asyncio
from pathlib import Path

import pytest

from eval.ask.client import connected
from eval.ask.key import KEY_FILE, KeyFileError, authorization


async def sent(url: str) -> str | None:
    async with connected(url, 5) as client:
        key: str | None = client.http.headers.get("authorization")
        return key


def test_each_request_has_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_FILE, raising=False)
    assert asyncio.run(sent("http://127.0.0.1:9")) is None
    (tmp_path / "key").write_text("oq_abc\n", "utf-8")
    monkeypatch.setenv(KEY_FILE, str(tmp_path / "key"))
    assert asyncio.run(sent("http://127.0.0.1:9")) == "Bearer oq_abc"


@pytest.mark.parametrize("content", [None, b"", b"two words", b"oq_a\nOther: header", b"\xff"])
def test_a_file_without_a_key_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv(KEY_FILE, str(file))
    with pytest.raises(KeyFileError, match=str(file)):
        authorization()
