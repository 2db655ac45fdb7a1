"""Make a follow-up stand alone: carry over what the conversation is about when the new question leans on it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.words.text import normalise
from ingest.words.words import Words

# Words that point back: pronouns, ordinals of things listed before, connectives at the start.
LEANING = re.compile(
    r"它|他们|她|这个|这些|这种|这样|那个|那些|那种|其[中他余它]|该(?:方法|模型|技术|任务|策略)|上[面述]|前者|后者|刚才|刚刚|前面|之前说|第[一二三四五六\d][个种步点阶]"
    r"|另外|还有(?:呢|吗|别的|什么|哪些)|除此|再[说讲举]|具体|详细|展开|换成|相比之下"
    r"|\b(?:it|its|they|them|their|this|that|these|those|he|she|one|ones|former|latter|same|else|other|another|instead|above|previous|(?:first|second|third|last) (?:one|step|task|kind|type|point))\b"
)
OPENING = re.compile(
    r"^(?:那|所以|然后|而|但|可是|不过|要是|如果|还|为什么[？?]?$|怎么[做办]|有什么|举|and\b|but\b|so\b|then\b|what about|how about|why\b|ok|if\b|or\b)"
)
ENDING = re.compile(r"呢[？?。]?$")
FEW = 3


@dataclass(frozen=True, slots=True)
class Message:
    """One earlier message, from the person ("user") or the service ("assistant")."""

    role: str
    content: str


def condense(question: str, history: Sequence[Message], words: Words) -> str:
    """Return the question to search for: itself when it stands alone, else preceded by what it leans on.

    Earlier questions are taken up to the last one that stands alone. A question with few words of its own, or
    that points at something listed ("the second step"), also takes the start of the last answer.
    """
    if not history or not leans(question, words):
        return question
    carried: list[str] = []
    for message in reversed([m for m in history if m.role == "user"]):
        carried.insert(0, message.content.strip())
        if not leans(message.content, words):
            break
    carried = [text[:200] for text in carried[-3:]]
    answers = [message.content for message in history if message.role == "assistant"]
    if answers and re.search(
        r"第[一二三四五六\d][个种步点阶]|另|\b(?:first|second|third|last|other)\b", normalise(question)
    ):
        carried.append(re.sub(r"\[\d+\]", "", answers[-1])[:200])
    return " ".join([*carried, question.strip()])


def leans(question: str, words: Words) -> bool:
    """Whether a question needs the conversation before it to be understood."""
    text = normalise(question).strip()
    return (
        bool(LEANING.search(text) or OPENING.search(text) or ENDING.search(text)) or len(words.vocabulary(text)) < FEW
    )
