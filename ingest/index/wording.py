"""The wording of passages, searched for strings: what slips of the pen are told by, where words are in no list."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path
from typing import Self

from ingest.index.records import mapped_bytes

CHINESE = "[\u3400-\u9fff]"
LETTERS = re.compile(r"[A-Za-z]{4,}")
_BETWEEN = "\0"  # passages: no string that is looked for has it
# CHINESE in UTF-8.
_CHINESE = rb"(?:\xe3[\x90-\xbf][\x80-\xbf]|[\xe4-\xe9][\x80-\xbf][\x80-\xbf])"


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """What is indexed of all passages, in small letters and UTF-8; and its Latin words as they are written most often.

    `latin` is in the order in which a word is looked for among them.
    """

    text: bytes | mmap
    latin: Sequence[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Take the indexed texts of passages, in their order."""
        spellings: Counter[str] = Counter()
        lower: list[bytes] = []
        for text in texts:
            spellings.update(LETTERS.findall(text))
            lower.append(text.lower().encode())
        spelt = {word.lower(): word for word, _ in reversed(spellings.most_common())}
        return cls(_BETWEEN.encode().join(lower), tuple(spelt.values()))

    def stands(self, text: str) -> bool:
        """Whether a passage has a string, in letters of any case."""
        return self.text.find(text.lower().encode()) >= 0

    def like(self, text: str) -> Iterator[str]:
        """Yield what passages have for a text of which one character is another Chinese one."""
        raw = [re.escape(character.encode()) for character in text]
        each = (b"".join([*raw[:place], _CHINESE, *raw[place + 1 :]]) for place in range(len(raw)))
        return (match.group().decode() for match in re.compile(b"|".join(each)).finditer(self.text))

    def save(self, folder: Path) -> None:
        """Write into a new folder."""
        folder.mkdir()
        (folder / "indexed").write_bytes(self.text)
        (folder / "latin.txt").write_text("\n".join(self.latin), encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Map the text; raises OSError."""
        return cls(mapped_bytes(folder / "indexed"), tuple((folder / "latin.txt").read_text("utf-8").split()))
