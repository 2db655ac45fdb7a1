"""What the words of a text mean to a search: its terms, other names for them, and those that only ask."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock

from ingest.words.glossary import Glossary
from ingest.words.rule import Rules
from ingest.words.tokeniser import Tokeniser

FOLDER = Path(__file__).parent
CODE = tuple(FOLDER / name for name in ("text.py", "tokeniser.py", "stop_words.txt", "terms.txt"))


def entries(text: str) -> list[str]:
    """Return the entries of a word list, one a line; "#" begins a comment line."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


class Words:
    """The general word lists of this folder with those of a field; threads share one.

    `listed` are terms of the field (terms.txt), `glossary` names of the same things (glossary.txt), `asking` words that
    ask and name nothing in that field, `rules` its patterns by group. The tokeniser is built when first needed, which
    takes a second.
    """

    def __init__(
        self,
        listed: Sequence[str] = (),
        glossary: str = "",
        asking: Sequence[str] = (),
        rules: Mapping[str, Rules] | None = None,
    ) -> None:
        self._listed, self._source, self._own_asking = tuple(listed), glossary, tuple(asking)
        self.groups = dict(rules or {})
        self._lock = Lock()
        # Kept, as the same chunks are looked at for every question.
        self.vocabulary = lru_cache(4096)(self._vocabulary)
        self.expand = lru_cache(4096)(self._expand)
        self.widened = lru_cache(4096)(self._widened)

    def warm(self) -> None:
        """Make now what the first question would wait for: dictionary, glossary, asking words."""
        _ = self.glossary, self.asking

    def terms(self, text: str) -> list[str]:
        """Return the search terms of a text in reading order, a compound before its parts; [] if it has none."""
        return self._tokeniser.terms(text)

    def segments(self, text: str) -> list[str]:
        """Return the words of a text without spaces, normalised, as it is cut; each character of an unknown one."""
        return self._tokeniser.segments(text)

    def _vocabulary(self, text: str) -> frozenset[str]:
        """Return the distinct search terms of a text."""
        return frozenset(self.terms(text))

    def _expand(self, text: str) -> tuple[str, ...]:
        """Return the search terms of every concept of the glossary that a text mentions, but not its own.

        They come in the order of the mentions, each once. Raises ValueError, at the first call, for a wrong glossary.
        """
        return tuple(self.glossary.expand(text))

    def _widened(self, text: str) -> frozenset[str]:
        """Return the distinct search terms of a text and of every concept that it mentions."""
        return self.vocabulary(text).union(self.expand(text))

    def bilingual(self, text: str) -> str:
        """Return the text that a model reads: an English question followed by the Chinese names of what it mentions.

        A small multilingual model places a term and its translation apart; the names bring the question nearer to
        Chinese passages.
        """
        return " ".join([text, *self.glossary.chinese_names(text)]) if text.isascii() else text

    def rules(self, group: str) -> Rules:
        """Return the field's own rules of a group, often none."""
        return self.groups.get(group, Rules(()))

    def rarity(self, term: str) -> float:
        """Return how rare a Chinese term is in general text, 0.05 to 1; 1 when it is in no dictionary."""
        return self._tokeniser.rarity(term)

    @cached_property
    def asking(self) -> frozenset[str]:
        """The terms that ask, not name: where they occur says nothing of where the answer is."""
        general = entries((FOLDER / "asking.txt").read_text("utf-8"))
        return frozenset(self.terms(" ".join((*general, *self._own_asking))))

    @cached_property
    def glossary(self) -> Glossary:
        return self.parsed(self._source)

    def parsed(self, glossary: str) -> Glossary:
        """Read a glossary with these words; raises ValueError naming a wrong line."""
        return Glossary.parse(glossary, self._tokeniser)

    @property
    def _tokeniser(self) -> Tokeniser:
        with self._lock:
            return self._built

    @cached_property
    def _built(self) -> Tokeniser:
        return _tokeniser_of(self._listed)

    @property
    def fingerprint(self) -> str:
        """Name everything that can change how a text is tokenised; an index made otherwise is rebuilt."""
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in CODE))
        digest.update("\n".join(self._listed).encode())
        return f"words:{digest.hexdigest()[:12]}"


@lru_cache(maxsize=4)
def _tokeniser_of(listed: tuple[str, ...]) -> Tokeniser:
    """Build a tokeniser, or give the one with the same terms: each holds 60 MB."""
    stop_words = entries((FOLDER / "stop_words.txt").read_text("utf-8"))
    general = entries((FOLDER / "terms.txt").read_text("utf-8"))
    return Tokeniser([*general, *listed], frozenset(word for line in stop_words for word in line.split()))
