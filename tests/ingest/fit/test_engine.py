import pytest

from ingest.fit import engine
from ingest.fit.engine import EngineError, find


def test_without_an_engine_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "GROUP", "outline_qa.no-such-group")
    with pytest.raises(EngineError, match=r"none is installed: run `pip install --no-deps -e \.`"):
        find()
