"""`outline-qa keys`: a secret is printed once, ids can be read and given back."""

import json
from pathlib import Path

import pytest

from service.__main__ import main


@pytest.fixture(autouse=True)
def own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLINE_QA_ACCESS__PATH", str(tmp_path / "access.sqlite"))


def test_a_key_from_its_making_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "make", "help desk", "--scope", "ask", "--document", "hr/*", "--days", "2"]) == 0
    secret = capsys.readouterr().out.strip()
    assert secret.startswith("oq_")
    assert main(["keys", "list", "--json"]) == 0
    (key,) = json.loads(capsys.readouterr().out)
    assert (key["name"], key["rights"], key["documents"]) == ("help desk", ["ask"], ["hr/*"])
    assert main(["keys", "list"]) == 0
    assert key["id"] in capsys.readouterr().out
    assert main(["keys", "rotate", key["id"], "--keep-hours", "1", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["key"]["prefixes"]) == 2
    assert main(["keys", "revoke", key["id"]]) == 0
    capsys.readouterr()
    assert main(["keys", "audit"]) == 0
    told = capsys.readouterr().out
    assert [json.loads(line)["act"] for line in told.splitlines()] == ["key.make", "key.rotate", "key.revoke"]
    assert secret not in told


def test_what_cannot_be_done_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "revoke", "k-none"]) != 0
    assert "outline-qa keys list" in capsys.readouterr().err
