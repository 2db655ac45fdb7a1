"""The wording of passages, searched for strings: what slips of the pen are told by, where words are in no list."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path
from typing import Self

from ingest.index.records import mapped_bytes

LETTERS = re.compile(r"[A-Za-z]{4,}")
CHINESE = re.compile("[\u3400-\u9fff]")
_BETWEEN = b"\0"  # passages: no string that is looked for has it
_WINDOW = 1 << 22  # bytes that are searched at once: nothing else runs meanwhile
_WIDTH = 3  # bytes of a Chinese character


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
        return cls(_BETWEEN.join(lower), tuple(spelt.values()))

    def stands(self, text: str) -> bool:
        """Whether a passage has a string, in letters of any case."""
        return next(self._places(text.lower().encode()), None) is not None

    def like(self, text: str) -> Iterator[str]:
        """Yield, in the order of passages, what these have for a Chinese text of which one character is another one."""
        half, last = len(text) // 2, -1  # one of the halves is as it was
        starts = {at for at in self._places(text[:half].encode()) if self._is_like(at, text)}
        ends = (at - _WIDTH * half for at in self._places(text[half:].encode()))
        for start in sorted(starts | {at for at in ends if self._is_like(at, text)}):
            if start >= last:  # what overlaps with the one before is none of its own
                last = start + _WIDTH * len(text)
                yield bytes(self.text[start:last]).decode()

    def _is_like(self, start: int, text: str) -> bool:
        """Whether a text stands at a place, but for one character."""
        found = bytes(self.text[max(start, 0) : start + _WIDTH * len(text)]).decode(errors="replace")
        other = [a for a, b in zip(found, text, strict=False) if a != b]
        return len(found) == len(text) and len(other) < 2 and all(map(CHINESE.fullmatch, other))

    def _places(self, string: bytes) -> Iterator[int]:
        """Yield where a string stands, however often."""
        for begin in range(0, len(self.text), _WINDOW):
            at = self.text.find(string, begin, begin + _WINDOW + len(string) - 1)
            while at >= 0:
                yield at
                at = self.text.find(string, at + 1, begin + _WINDOW + len(string) - 1)

    def save(self, folder: Path) -> None:
        """Write into a new folder."""
        folder.mkdir()
        (folder / "indexed").write_bytes(self.text)
        (folder / "latin.txt").write_text("\n".join(self.latin), encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Map the text; raises OSError."""
        return cls(mapped_bytes(folder / "indexed"), tuple((folder / "latin.txt").read_text("utf-8").split()))
