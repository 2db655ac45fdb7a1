"""Landlock: the kernel itself keeps a process from files and connections, also those that native code asks for.

Linux has it from 5.13 on, connections from 6.7 (its ABI 4), and signals and abstract sockets from 6.12 (ABI 6). It is a
second line: elsewhere Python's own hook stands alone. See https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

CREATE, ADD, RESTRICT = 444, 445, 446  # system calls, the same on all processors that we know
VERSION = 1  # asks which ABI the kernel has
PATH = 1  # of a rule: a file, or all below a folder
NO_NEW_PRIVILEGES = 38  # of prctl; who may gain some may not restrict itself
WRITE_FILE, READ_FILE, READ_DIR = 1 << 1, 1 << 2, 1 << 3
# All acts on files, and how many of them an ABI knows: moving, truncating and controlling devices came later.
ACTS = {1: 13, 2: 14, 3: 15, 4: 15}
MOST_ACTS = 16
TCP = 0b11  # binding and connecting
SCOPES = 0b11  # abstract sockets and signals
DEVICE = "/dev/null"  # written to by who wants nothing kept

_libc = ctypes.CDLL(None, use_errno=True)


def abi() -> int:
    """Return which version of it the kernel has, 0 where it has none or may not be asked."""
    return max(0, int(_libc.syscall(CREATE, None, ctypes.c_size_t(0), VERSION)))


def confine(readable: Iterable[str]) -> None:
    """Give up all files but those to read, and TCP; for this thread and those that it starts, for good.

    Does nothing where the kernel has no Landlock; raises OSError where it has and refuses.
    """
    version = abi()
    if not version:
        return
    acts = (1 << ACTS.get(version, MOST_ACTS)) - 1
    attributes = struct.pack("=QQQ", acts, TCP if version >= 4 else 0, SCOPES if version >= 6 else 0)
    known = 8 if version < 4 else 16 if version < 6 else 24
    rules = _done(_libc.syscall(CREATE, attributes[:known], ctypes.c_size_t(known), 0))
    try:
        for path in readable:
            _allow(rules, path)
        _done(_libc.prctl(NO_NEW_PRIVILEGES, *map(ctypes.c_ulong, (1, 0, 0, 0))))
        _done(_libc.syscall(RESTRICT, rules, 0))
    finally:
        os.close(rules)


def _allow(rules: int, path: str) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        acts = READ_FILE | (READ_DIR if stat.S_ISDIR(os.fstat(place).st_mode) else 0)
        acts |= WRITE_FILE if path == DEVICE else 0
        _done(_libc.syscall(ADD, rules, PATH, struct.pack("=Qi", acts, place), 0))
    finally:
        os.close(place)


def _done(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {os.strerror(number)}")
    return result
