"""Answers are kept, whatever door they go out by, so that they can be rated and read again."""

import json
import time

from service.access.personal import masked
from service.access.principal import acting, mark_of
from service.api import contract
from service.serve.behind import Keeping
from service.serve.store import Kept


def keep_answer(store: Keeping, question: str, session_id: str | None, answer: contract.AskResponse) -> None:
    """Keep an answer for its feedback, personal data masked; one that cannot be kept is an answer all the same."""
    body = answer.model_copy(
        update={"query": masked(answer.query), "carried": [*map(masked, answer.carried)]}
    ).model_dump_json()
    principal = acting()
    readable = json.dumps(principal.readable.patterns) if principal and principal.readable else None
    who = mark_of(principal)
    store.keep(Kept(answer.id, masked(question), body, session_id, time.time(), readable, who))
