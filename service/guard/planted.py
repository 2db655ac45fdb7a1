"""Text in documents that speaks to the model instead of the reader: it is not shown to it, and supports nothing."""

import re
from functools import lru_cache

from ingest.parse import markdown, outline
from service.guard.requests import declines

LEFT_OUT = "（…）"
# Beside what the guard knows from questions. The outline quotes prompts, so a mention of prompts alone must pass.
COMMANDS = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        r"(?:新|最新|紧急|隐藏|更新)的?(?:系统)?(?:指令|指示|命令)\s*[：:]",
        r"\b(?:new|updated?|urgent|hidden|real) (?:system )?(?:instructions?|directives?)\s*:",
        r"(?:AI|人工智能|语言模型|助手|机器人|LLM)(?:助手|模型)?.{0,12}(?:必须|务必|请|应当|一律|只能|不得).{0,20}(?:回答|回复|输出|说|写|告诉|推荐|声称)",
        r"(?:回答|回复|处理)(?:用户|任何|一切|所有|本|该|这个?).{0,12}(?:时|前|问题|请求).{0,8}(?:必须|务必|一律|只能|都要|先)",
        r"^\s*(?:<\|?)?(?:system|assistant|系统|助手)(?:\|?>|\s*(?:message|prompt|消息))?\s*[:：>]",
        r"\b(?:AI|assistants?|language models?|LLMs?|chatbots?|you)"
        r" (?:must|should|shall|are (?:required|instructed|ordered) to|have to)\b.{0,40}"
        r"\b(?:say|answer|respond|reply|output|tell|claim|recommend)\b",
        r"\bwhen (?:asked|answering|the user asks)\b.{0,60}\b(?:say|answer|respond|reply|output|tell|claim)\b",
        r"\b(?:respond|reply|answer) only with\b",
        r"</?(?:passage|system|instructions?)\b[^>]*>",
    )
)  # fmt: skip


def commands(text: str) -> list[tuple[int, int]]:
    """Return the spans of the paragraphs and list items that give the model orders, half-open."""
    document = markdown.parse("", text, outline.heading)
    blocks = (block for section in document.sections for block in section.blocks if block.kind != "code")
    return [(block.start, block.end) for block in blocks if speaks_to_the_model(text[block.start : block.end])]


def speaks_to_the_model(text: str) -> bool:
    return declines(text) or any(pattern.search(text) for pattern in COMMANDS)


@lru_cache(4096)  # the same passages answer many questions
def without_commands(text: str) -> str:
    """Return what of a passage the model is shown."""
    for start, end in reversed(commands(text)):
        text = text[:start] + LEFT_OUT + text[end:]
    return text
