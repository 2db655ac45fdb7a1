"""What the pipeline gives, as the bodies of the contract."""

from ingest.index.snapshot import Snapshot
from ingest.parse.outline import Entry
from service import events as pipeline
from service.api import contract, stream
from service.api.search import also_at, pages, parts
from service.check.quotes import Citation
from service.search.passages import Passage


def body(answer: pipeline.Answer, snapshot: Snapshot) -> contract.AskResponse:
    return contract.AskResponse(
        id=answer.id,
        status=answer.status,
        answer=answer.text,
        citations=[citation(each, snapshot) for each in answer.citations],
        related=[related(entry) for entry in answer.related],
        generator=answer.generator,
        degraded=answer.degraded,
        lacks=list(answer.lacks),
        degraded_codes=list(answer.missing),
        help=answer.help,
        further=list(answer.further),
        terms=[contract.Term(term=term, other=other) for term, other in answer.terms],
        index_version=answer.index_version,
        timings_ms=answer.timings_ms,
        query=answer.query,
        carried=list(answer.carried),
    )


def citation(citation: Citation, snapshot: Snapshot) -> contract.Citation:
    passage = citation.passage
    return contract.Citation(
        n=citation.n,
        chunk_id=passage.chunk_id,
        entry_id=passage.entry_id,
        document=passage.document,
        heading_path=list(passage.heading_path),
        quote=citation.quote,
        start=citation.start,
        end=citation.end,
        support=citation.support,
        also_at=also_at(snapshot, passage.chunk_id, passage.document, passage.end),
        pages=pages(snapshot, passage.document, citation.start, citation.end),
        parts=parts(snapshot, passage.document, citation.start, citation.end),
    )


def source(passage: Passage) -> stream.Source:
    return stream.Source(
        chunk_id=passage.chunk_id,
        entry_id=passage.entry_id,
        document=passage.document,
        heading_path=list(passage.heading_path),
        text=passage.text,
        start=passage.start,
        end=passage.end,
    )


def related(entry: Entry) -> contract.Related:
    return contract.Related(
        entry_id=entry.id,
        document=entry.document,
        question=entry.question,
        stars=entry.stars,
        answered=entry.answered,
    )
