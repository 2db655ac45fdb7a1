"""What is said to those who ask for nothing that stands in a document: what can be asked here, and examples of it."""

from collections.abc import Iterator
from itertools import islice

from ingest.index.snapshot import Snapshot
from service.language import phrases
from service.language.phrases import Language
from service.understand.turn import Kind

EXAMPLES = 3


def reply(kind: Kind, snapshot: Snapshot, language: Language) -> str:
    """Return a greeting, thanks or help, with questions to begin with; more of what there is no more of, too."""
    own = phrases.wording(language)
    if kind in ("thanks", "more"):
        return own.welcome if kind == "thanks" else own.no_more
    speech = snapshot.pack.card.speech[language]
    lines = [f"- {example}" for example in islice(_examples(snapshot, language), EXAMPLES)]
    told = own.help.format(name=speech.name)
    told = f"{own.greeting}{told}" if kind == "greeting" else told
    return "\n".join([f"{told}{own.examples}", *lines]) if lines else told


def _examples(snapshot: Snapshot, language: Language) -> Iterator[str]:
    """Questions that the pack suggests, else those of answered entries, most stars first, else headings."""
    yield from snapshot.pack.card.speech[language].questions
    yield from (e.question for e in sorted(snapshot.entries, key=lambda entry: -entry.stars) if e.answered)
    yield from dict.fromkeys(chunk.heading_path[-1] for chunk in snapshot.chunks if chunk.heading_path)
