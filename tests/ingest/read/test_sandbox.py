import sys
import time
from pathlib import Path

import pytest

from ingest.read.reading import Limits, UnfitError
from ingest.read.sandbox import Sandbox


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("socket.create_connection(('127.0.0.1', 9))", "not for parsers"),
        ("subprocess.run(['true'])", "not for parsers"),
        ("os.system('true')", "not for parsers"),
        ("open('/etc/passwd').read()", "not for parsers"),
        ("open(os.path.expanduser('~/.bashrc')).read()", "not for parsers"),
        ("open(f'/proc/{os.getppid()}/environ').read()", "not for parsers"),
        ("open('.env').read()", "not for parsers"),
        ("bytearray(4 << 30)", "memory"),
        ("time.sleep(60)", "took longer than 4 s"),
        ("os.kill(os.getpid(), 9)", "broke down"),
        ("raise KeyError('x')", "damaged.*KeyError"),
    ],
)
def test_a_parser_does_nothing_but_parse(hostile: None, code: str, why: str) -> None:
    with Sandbox(Limits(seconds=4, memory_mb=1024)) as sandbox:
        began = time.monotonic()
        with pytest.raises(UnfitError, match=why):
            sandbox.read("hostile", code.encode(), "a.hostile")
        assert time.monotonic() - began < 30
        assert sandbox.read("csv", b"a,b\n1,2\n", "a.csv").text.startswith("| a | b |")


def test_no_variable_of_the_environment_reaches_a_parser(hostile: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLINE_QA_WRITER__API_KEY", "secret-of-tests")
    with Sandbox(Limits(seconds=20)) as sandbox, pytest.raises(UnfitError, match=r"KeyError: 'OUTLINE_QA"):
        sandbox.read("hostile", b"os.environ['OUTLINE_QA_WRITER__API_KEY']", "a")


def test_packages_are_read_through_a_link_to_their_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "linked").symlink_to(sys.prefix)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "linked" / "bin" / "python"))
    with Sandbox(Limits(seconds=30)) as sandbox:
        assert sandbox.read("html", b"<h1>a</h1><p>b</p>", "a.html").text.startswith("# a")
