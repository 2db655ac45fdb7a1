"""What is said of an entry without an answer: that there is none, and what is near."""

from collections.abc import Sequence

from ingest.chunk import Chunk
from ingest.index.snapshot import Snapshot
from ingest.parse.outline import Entry
from service.language import phrases
from service.language.phrases import Language
from service.search.passages import entry_line
from service.write.writer import Quote, Sentence, Statement


def unanswered(snapshot: Snapshot, chunk: Chunk, related: Sequence[Entry], language: Language) -> Statement:
    """Say that a chunk's entry is listed without an answer, and whether related ones have one, citing its line."""
    entry = snapshot.entry(chunk.document, chunk.entry_id)
    line = entry_line(snapshot, entry)
    quote = Quote(0, line.start, line.end)
    texts = phrases.listed(entry, language, any(other.answered for other in related))
    return Statement((line,), tuple(Sentence(text, (quote,), " " if i else "") for i, text in enumerate(texts)))
