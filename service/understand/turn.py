"""What a message is in a conversation: a question of its own, one that leans on what was said, or talk about the talk.

A softmax over the message's words and characters, the rules that took something in it, and its vector: people say such
things in more ways than rules can list (`python -m ingest fit --general` shows what it takes of held-back wordings).
"""

import math
import re
import zlib
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from ingest.pack import NONE, SHIPPED, model_of
from ingest.words.text import normalise
from ingest.words.words import Words
from service.language.rule import Rules, rules

# `subject` names what it asks about, `follow` leans on what was said. The others are about the conversation: the last
# answer `again`, `shorter`, what it left out (`more`), `thanks` and farewells, a `greeting`, what the service is or
# nothing at all (`help`), what the documents hold (`contents`).
Kind = Literal["subject", "follow", "again", "shorter", "more", "thanks", "greeting", "help", "contents"]
FILE = "talk.json"
SCALE = 8.0  # of a message's vector beside features that are 0 or 1
TOKEN = re.compile(r"[a-z0-9']+|[^\sa-z0-9]")
ADDRESS = re.compile(r"\w+://\S+|www\.\S+")

Row = tuple[float, ...]


class Softmax(BaseModel):
    """Weights by kind: `signs` by name, `grams` by a hash of words and neighbours, `direction` (d,) each, or empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bias: Row
    signs: Mapping[str, Row]
    grams: tuple[Row, ...]
    direction: tuple[Row, ...] = ()


class TurnFit(BaseModel):
    """What is fitted: `alone` without vectors, `embedded` with those of the embedder whose fingerprint it names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    embedder: str
    kinds: tuple[Kind, ...]
    embedded: Softmax
    alone: Softmax


class TurnReader:
    """Tells what messages are."""

    def __init__(self, fit: TurnFit, embedder: str | None = None) -> None:
        """With an embedder that the fit does not hold for, or none, the words alone tell."""
        self.embedded = fit.embedder == embedder
        model = fit.embedded if self.embedded else fit.alone
        self._kinds = fit.kinds
        self._bias, self._grams = np.array(model.bias), np.array(model.grams)
        self._signs = {name: np.array(row) for name, row in model.signs.items()}
        self._direction = np.array(model.direction)

    @classmethod
    def read(cls, folder: Path = SHIPPED / NONE, embedder: str | None = None) -> "TurnReader":
        """Read what is fitted; raises PackError for a file that cannot be used."""
        return cls(model_of(folder / FILE, TurnFit), embedder)

    def kinds(self, text: str, words: Words, vector: NDArray[np.float32] | None = None) -> Mapping[Kind, float]:
        """Return the probability of each kind; `vector` is the message's (d,) unit vector, where `embedded`."""
        score = self._bias.copy()
        for name, value in signs(text, words).items():
            score += value * self._signs[name]
        for gram in grams(text, len(self._grams)):
            score += self._grams[gram]
        if vector is not None and len(self._direction):
            score += SCALE * (self._direction @ vector)
        odds = np.exp(score - score.max())
        return dict(zip(self._kinds, (odds / odds.sum()).tolist(), strict=True))


@cache
def shipped() -> TurnReader:
    """Return what tells without vectors."""
    return TurnReader.read()


def empty(text: str, words: Words) -> bool:
    """Whether a message has nothing to search for: no word, one that only asks, a number, an address."""
    return not names(ADDRESS.sub(" ", text), words)


def names(text: str, words: Words) -> list[str]:
    """Return the terms that name something, each once: those that neither ask nor count; a compound for its parts."""
    own = [t for t in dict.fromkeys(words.terms(text)) if t not in words.asking and not t.isdigit()]
    return [term for term in own if not any(term != other and term in other for other in own)]


def signs(text: str, words: Words) -> dict[str, float]:
    """Return what the softmax weighs beside words, by name."""
    own, terms, plain = names(text, words), words.terms(text), normalise(text).strip()
    found = {
        "names": math.log1p(len(own)),
        "nameless": float(not own),
        "rarest": max(map(words.rarity, own), default=0.0),
        "latin": float(not text.isascii() and any(term.isascii() for term in own)),
        "capital": float(any(character.isupper() for character in text[1:])),
        "terms": math.log1p(len(terms)),
        "character": float(len(plain) <= 1),
    }
    return found | {key: float(taken.holds(plain)) for key, taken in _leaning().items()}


def grams(text: str, buckets: int) -> list[int]:
    """Return where the words, Chinese characters and neighbours of a message are counted, each once."""
    tokens = TOKEN.findall(normalise(text))
    beside = [f"{one} {other}" for one, other in pairwise(["^", *tokens, "$"])]
    return sorted({zlib.crc32(gram.encode()) % buckets for gram in (*tokens, *beside)})


@cache
def _leaning() -> dict[str, Rules]:
    every = tuple(rules("leaning"))
    return {key: Rules(tuple(r for r in every if r.key == key)) for key in sorted({r.key for r in every})}
