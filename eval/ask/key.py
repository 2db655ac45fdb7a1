"""The key that a closed service wants, from the file that EVAL_KEY_FILE names: no key stands on a command line."""

import os
from collections.abc import Mapping
from pathlib import Path

KEY_FILE = "EVAL_KEY_FILE"


class KeyFileError(Exception):
    """A file of a key that cannot be read; the text names it."""


def authorization() -> Mapping[str, str]:
    """Return the header that carries the key, none without a file; raises KeyFileError."""
    name = os.environ.get(KEY_FILE)
    if not name:
        return {}
    try:
        key = Path(name).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{KEY_FILE} names {name!r}, which cannot be read: {error}") from error
    if not key or not key.isprintable() or " " in key:
        raise KeyFileError(f"{KEY_FILE} names {name!r}, which holds no key alone on a line")
    return {"Authorization": f"Bearer {key}"}
