"""What native code does is out of sight of Python's hook: the kernel refuses it."""

import logging
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.read import landlock
from ingest.read.reading import Limits, UnfitError
from ingest.read.sandbox import Sandbox

NATIVE = """
import ctypes, os, struct
from ingest.read.reading import UnfitError
libc = ctypes.CDLL(None, use_errno=True)
result = {call}
raise UnfitError(f"{{result >= 0}} {{os.strerror(ctypes.get_errno()) if result < 0 else ''}}")
"""
CONNECT = (
    "libc.connect(libc.socket(2, 1, 0), struct.pack('=H', 2) + struct.pack('>HI', {port}, 0x7F000001) + bytes(8), 16)"
)

needed = pytest.mark.skipif(landlock.abi() < 4, reason="this kernel has no Landlock, or none for TCP")


def asked(call: str) -> str:
    """What a parser gets from a call of the C library."""
    with Sandbox(Limits(seconds=30)) as sandbox, pytest.raises(UnfitError) as refused:
        sandbox.read("hostile", NATIVE.format(call=call).encode(), "a")
    return str(refused.value)


@needed
def test_native_code_of_a_parser_opens_no_file_but_those_of_packages(hostile: None, tmp_path: Path) -> None:
    secret = tmp_path.parent / f"{tmp_path.name}.txt"
    secret.write_text("secret")
    assert asked(f"libc.open({str(secret).encode()!r}, 0)") == "False Permission denied"
    assert asked("libc.open(b'/etc/passwd', 0)") == "False Permission denied"
    assert asked(f"libc.open({str(tmp_path / 'new').encode()!r}, 0o101, 0o600)") == "False Permission denied"
    assert asked(f"libc.unlink({str(secret).encode()!r})") == "False Permission denied"
    assert secret.read_text() == "secret"
    assert asked(f"libc.open({landlock.__file__.encode()!r}, 0)") == "True "
    assert asked("libc.open(b'/dev/null', 1)") == "True "


@needed
def test_native_code_of_a_parser_opens_no_connection(hostile: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):  # whoever is not confined may
            assert asked(CONNECT.format(port=port)) == "False Permission denied"


def test_where_the_kernel_has_none_files_are_read_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    landlock.confine(())
    assert Path("/etc/passwd").read_bytes()


@needed
def test_each_abi_is_asked_for_what_it_knows() -> None:
    code = "from ingest.read import landlock; landlock.abi = lambda: {}; landlock.confine(()); open('/etc/passwd')"
    for version in range(1, landlock.abi() + 1):
        ended = subprocess.run(
            [sys.executable, "-c", code.format(version)], capture_output=True, text=True, check=False
        )
        assert "PermissionError: [Errno 13]" in ended.stderr


def test_which_line_of_defence_stands_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "ingest.read.sandbox"), Sandbox(Limits(seconds=30)) as sandbox:
        sandbox.read("csv", b"a,b\n1,2\n", "a.csv")
    assert f"ABI {landlock.abi()} of the kernel" in caplog.text
