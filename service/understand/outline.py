"""The outlines of an index, and what they say to a question about themselves: how many, which, what is section five.

An index may hold several outlines, or none: an entry is known by its document and its id, a section by its document and
its number. What is named without saying of which outline is meant of each.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePath
from typing import Literal

from ingest.index.snapshot import Snapshot
from ingest.parse.outline import Entry
from service.understand.intents import Intent, of_other, wanted
from service.understand.mentions import Mentions
from service.understand.slots import Leftover, Slots, Stars

Kind = Literal["entry", "entries", "sections", "summary", "overview", "bounds"]  # bounds: there is no such section


@dataclass(frozen=True, slots=True)
class Section:
    """A section of an outline with its entries, in their order."""

    document: str
    number: int
    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What was asked for and what it selects.

    `entries` are those selected, `within` the sections among which they are, `narrowed` when these were named. With a
    `topic` the questions of `entries` name it, and of `mentioned` only the text does, best first.
    """

    kind: Kind
    entries: tuple[Entry, ...] = ()
    within: tuple[Section, ...] = ()
    narrowed: bool = False
    stars: Stars | None = None
    answered: bool | None = None
    topic: str | None = None
    mentioned: tuple[Entry, ...] = ()
    counting: bool = False
    listing: bool = False
    wants_answer: bool = False  # not the entry as such, but what it says


@dataclass(frozen=True, slots=True)
class Extent:
    """The sections that a question is about, `named` or all of the outlines meant, and what of it names none."""

    sections: tuple[Section, ...]
    named: bool
    rest: tuple[Leftover, ...]


class Outline:
    """The entries of one snapshot by section and number, made once; threads share it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._entries, self._words = snapshot.entries, snapshot.pack.words
        self._mentions = Mentions(snapshot)
        self._by_id: dict[str, list[Entry]] = defaultdict(list)
        for entry in snapshot.entries:
            self._by_id[entry.id].append(entry)
        inside = groupby(snapshot.entries, lambda entry: (entry.document, entry.section, entry.section_title))
        self._sections = tuple(Section(*key, tuple(entries)) for key, entries in inside)
        self._titles = self._index(enumerate(section.title for section in self._sections))
        self._names = {
            document: self._words.vocabulary(f"{PurePath(document).stem} {title(snapshot.documents[document])}")
            for document in dict.fromkeys(section.document for section in self._sections)
        }

    def facts(self, slots: Slots) -> Facts | None:
        """Return the facts that a question about an outline asks for, None when the outlines have none for it.

        Of several intents the first of the table is answered; counting goes with sections and with a list.
        """
        scope = self._scope(slots)
        if scope.named and not scope.sections and not slots.entries:
            return Facts("bounds", within=self._own(slots)) if self._sections else None
        intents = wanted(slots, scope.named)
        if intents == {"overview"} and of_other(slots):
            return None
        if not self._sections and intents.isdisjoint({"sections", "overview"}):
            return None
        table: Mapping[Intent, Callable[[Slots, Extent, frozenset[Intent]], Facts | None]] = {
            "content": self._entry,
            "entry": self._entry,
            "summary": self._summary,
            "sections": self._parts,
            "list": self._selected,
            "count": self._selected,
            "overview": self._overview,
        }
        answer = next(answer for intent, answer in table.items() if intent in intents)
        return answer(slots, scope, intents)

    def overview(self) -> Facts:
        """Return all that the outlines hold."""
        return Facts("overview", _entries(self._sections), self._sections)

    def _entry(self, slots: Slots, scope: Extent, intents: frozenset[Intent]) -> Facts | None:
        documents = self._meant(slots)
        named = [entry for key in slots.entries for entry in self._by_id.get(key, ()) if entry.document in documents]
        if slots.step and len(slots.entries) == 1:
            named = [self._neighbour(entry, slots.step) for entry in named]
        wants = "content" in intents and len(named) == 1
        return Facts("entry", tuple(named), listing=True, wants_answer=wants) if named else None

    def _neighbour(self, entry: Entry, step: int) -> Entry:
        """The next entry of the same outline or the one before; the entry itself where there is none."""
        order = [other for other in self._entries if other.document == entry.document]
        place = order.index(entry) + step
        return order[place] if 0 <= place < len(order) else entry

    def _summary(self, slots: Slots, scope: Extent, intents: frozenset[Intent]) -> Facts | None:
        return Facts("summary", _entries(scope.sections), scope.sections, narrowed=True, listing=True)

    def _parts(self, slots: Slots, scope: Extent, intents: frozenset[Intent]) -> Facts | None:
        """The sections that qualify: with entries of that kind, or of no other kind at all."""
        if not scope.sections and not scope.named:
            return self._overview(slots, scope, intents)
        fitting = {
            s: sum(_fits(e, slots.stars, slots.answered) for e in section.entries)
            for s, section in enumerate(scope.sections)
        }
        least = [len(section.entries) if "entirely" in slots.signs else 1 for section in scope.sections]
        counting = "count" in intents  # of sections and of entries: those of that kind are told with each section
        chosen = [s for s, count in fitting.items() if counting or count >= least[s]]
        if "most" in slots.signs:
            chosen.sort(key=lambda s: -fitting[s])
        within = tuple(scope.sections[s] for s in chosen)
        return Facts(
            "sections",
            _entries(within),
            within,
            scope.named or len(within) < len(scope.sections),
            slots.stars,
            slots.answered,
            counting=counting,
            listing=True,
        )

    def _selected(self, slots: Slots, scope: Extent, intents: frozenset[Intent]) -> Facts | None:
        counting = "count" in intents
        answered = slots.answered
        if scope.named and answered and not (counting or slots.stars or "list" in slots.signs):
            answered = None  # "are they answered?" asks for all of them, each with its mark
        entries: Sequence[Entry] = [e for e in _entries(scope.sections) if _fits(e, slots.stars, answered)]
        mentioned: Sequence[Entry] = ()
        topic = self._topic(scope.rest)
        if topic:
            titled, texts = self._mentions.of(topic.text, topic.terms, entries)
            mentioned = () if "titled" in slots.signs else texts
            if titled or (mentioned and "mentioned" in slots.signs):
                entries = titled
            elif "mentioned" not in slots.signs:
                topic, mentioned = None, ()  # words that select nothing, such as "altogether"
            elif not scope.named and slots.stars is None:
                return None  # no word of these entries: the search says so
            else:
                entries = ()
        return Facts(
            "entries",
            tuple(entries),
            scope.sections,
            scope.named,
            slots.stars,
            answered,
            topic.text if topic else None,
            tuple(mentioned),
            counting,
            "list" in intents or not counting or topic is not None,
        )

    def _overview(self, slots: Slots, scope: Extent, intents: frozenset[Intent]) -> Facts | None:
        return Facts("overview", _entries(scope.sections), scope.sections)

    def _topic(self, rest: Sequence[Leftover]) -> Leftover | None:
        """What of the rest says most, by how rare its words are in general text."""
        return max(rest, key=lambda piece: sum(map(self._words.rarity, piece.terms)), default=None)

    def _scope(self, slots: Slots) -> Extent:
        documents, own = self._meant(slots), self._own(slots)
        known = {"whole"} & slots.signs and frozenset().union(*(self._names[document] for document in documents))
        rest = _unless(slots.rest, known or frozenset())
        if slots.sections:
            within = [section for section in own if section.number in slots.sections]
        elif "part" in slots.signs:
            within = self._titled({term for piece in rest for term in piece.terms}, documents)
        else:
            within = []
        if not within and not slots.sections:
            return Extent(own, False, rest)
        titles = frozenset().union(*(self._words.widened(section.title) for section in within))
        return Extent(tuple(within), True, _unless(rest, titles))

    def _own(self, slots: Slots) -> tuple[Section, ...]:
        documents = self._meant(slots)
        return tuple(section for section in self._sections if section.document in documents)

    def _meant(self, slots: Slots) -> frozenset[str]:
        """The outlines that are meant: those with the most of their own words in the question, all when none has any.

        A word that all outlines have in their names tells none of them apart.
        """
        asked = {term for piece in slots.rest for term in piece.terms}
        common = frozenset[str]() if len(self._names) < 2 else frozenset.intersection(*self._names.values())
        shared = {document: len(asked & (name - common)) for document, name in self._names.items()}
        most = max(shared.values(), default=0)
        said = "whole" in slots.signs or bool(slots.entries)
        return frozenset(document for document, n in shared.items() if n == most or not said)

    def _titled(self, terms: Iterable[str], documents: frozenset[str]) -> list[Section]:
        """The sections with the title that shares most with the terms, rare ones first; of equals that with fewer
        other words; none when still several titles are equal.
        """
        shared: defaultdict[int, float] = defaultdict(float)
        for term in terms:
            holding = self._titles.get(term, ())
            for place in holding:
                shared[place] += 1 / len(holding)
        ranks = {
            place: (share, -len(self._words.vocabulary(self._sections[place].title)))
            for place, share in shared.items()
            if self._sections[place].document in documents
        }
        best = max(ranks.values(), default=None)
        winners = [self._sections[place] for place, rank in ranks.items() if rank == best]
        return winners if len({section.title for section in winners}) == 1 else []

    def _index(self, titles: Iterable[tuple[int, str]]) -> dict[str, list[int]]:
        index: dict[str, list[int]] = defaultdict(list)
        for place, text in titles:
            for term in self._words.vocabulary(text):
                index[term].append(place)
        return dict(index)


def title(text: str) -> str:
    """The title of a document: its first line, where that is a heading."""
    first = text[: text.find("\n")] if "\n" in text else text
    return first.lstrip("# ").strip() if first.startswith("#") else ""


def _entries(sections: Iterable[Section]) -> tuple[Entry, ...]:
    return tuple(entry for section in sections for entry in section.entries)


def _fits(entry: Entry, stars: Stars | None, answered: bool | None) -> bool:
    return (stars is None or stars.allow(entry.stars)) and (answered is None or entry.answered == answered)


def _unless(rest: Iterable[Leftover], known: frozenset[str]) -> tuple[Leftover, ...]:
    """What is left of the pieces without terms that are known."""
    return tuple(piece for piece in rest if not known.issuperset(piece.terms))
