"""What an answer is searched in: for what a message means, for the parts of a question, and in other words."""

from collections.abc import Sequence
from dataclasses import replace

from service.decide.verdict import Decision, Verdict
from service.draft import Draft
from service.parts import Parts
from service.search.passages import Passage
from service.search.retrieve import Scope
from service.search.search import Hits
from service.tracing import span
from service.understand.conversation import Turn

# From this probability on that a message stands alone it has a subject of its own. In eval/golden/follow.jsonl every
# message above it that leans on others is in the documents alone, too.
OWN = 0.75


class Inquiry:
    """The searches for one answer, each noted in its draft."""

    def __init__(self, scope: Scope | None, draft: Draft, parts: Parts) -> None:
        self._scope, self._draft, self._parts = scope, draft, parts

    async def meant(self, turn: Turn) -> tuple[Hits, Verdict]:
        """Search for what is meant: where it is unclear whether a message leans on others, both ways.

        The surer is taken. What alone is listed without an answer, or has a subject of its own and is in no document,
        is not answered out of what was said before.
        """
        if turn.alone:
            own, itself = await self._searched(turn.alone)
            foreign = itself.verdict == "not_in_documents" and turn.standing >= OWN
            surely = itself.verdict == "answered" and turn.standing * itself.confidence >= 1 - turn.standing
            if foreign or surely or itself.verdict == "listed_unanswered":
                return own, itself.verdict  # whatever the other search would find
        hits, decision = await self._searched(turn.question)
        if turn.alone and itself.verdict == "answered":
            surer = turn.standing * itself.confidence >= (1 - turn.standing) * decision.confidence
            if surer or decision.verdict == "not_in_documents":
                return own, itself.verdict
        if decision.verdict == "not_in_documents" and turn.question == turn.asked and not turn.carried:
            clause = await self._parts.work(self._parts.searcher.clause, turn.question)
            own, itself = await self._searched(clause) if clause else (hits, decision)
            return own, itself.verdict
        return hits, decision.verdict

    async def passages(self, hits: Hits, asked: str) -> list[Passage]:
        """Return the passages of a question and of its parts, best first; what was `asked` before has no part in it."""
        passages = await self._parts.searcher.draw(hits)
        parts = await self._parts.rewriter.split(asked) if asked == hits.query.asked else []
        answered = 0
        for part in parts:
            own = {passage.chunk_id: passage for passage in await self._drawn(part)}
            answered += bool(own)
            passages = [
                replace(one, asked=(*one.asked, *own.pop(one.chunk_id).asked)) if one.chunk_id in own else one
                for one in passages
            ]
            passages = self._parts.searcher.join(passages, list(own.values()))
        turns = {part: place for place, part in enumerate(parts)}
        passages.sort(key=lambda one: min((turns[part.asked] for part in one.asked), default=0))
        if parts and answered == len(parts):  # each part has its own; of the whole only the best is needed besides
            passages = [p for p in passages if p.asked or p.entry_id == passages[0].entry_id]
        self._draft.lap("split")
        return passages

    async def again(self, hits: Hits) -> Sequence[Passage] | None:
        """Search in other words; return the passages, none where none answers, None when there are no other words."""
        words = await self._parts.rewriter.again(hits.query.text)
        return await self._drawn(words) if words else None

    async def _drawn(self, text: str) -> Sequence[Passage]:
        hits, decision = await self._searched(text)
        if decision.verdict != "answered":
            return ()
        return [replace(passage, asked=(hits.query,)) for passage in await self._parts.searcher.draw(hits)]

    async def _searched(self, text: str) -> tuple[Hits, Decision]:
        """Find what a question may be answered from, and decide what kind of answer it gets."""
        hits = await self._parts.searcher.find(text, scope=self._scope, decided=True)
        self._draft.search(hits)
        with span("decide", "EVALUATOR") as noted:
            decision = await self._parts.work(self._parts.decider.decide, hits.query, hits.candidates)
            noted.note(outline_qa__verdict=decision.verdict, outline_qa__confidence=float(decision.confidence))
        self._draft.lap("decide")
        return hits, decision
