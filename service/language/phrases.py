"""What the service says in its own words, in Chinese and English."""

import re
from typing import Literal

from ingest.parse.outline import Entry

Language = Literal["zh", "en"]

DECLINED: dict[Language, str] = {
    "zh": "这个请求我不能处理：我只根据文档回答问题，不透露自身设置，不扮演其他角色，也不协助有害的事。",
    "en": "I cannot do that: I only answer questions from the documents. I do not reveal my setup, play another "
    "role, or help with harm.",
}
NOT_IN_DOCUMENTS: dict[Language, str] = {
    "zh": "文档里没有能回答这个问题的内容。",
    "en": "The documents do not answer this question.",
}
# What became of a language model's answer, by Reason; the second half says what the reader gets instead.
FAILED: dict[Language, dict[str, str]] = {
    "zh": {
        "unreachable": "语言模型连接不上",
        "refused": "语言模型拒绝了访问密钥",
        "no_model": "服务器上没有所设的语言模型",
        "failed": "语言模型报错",
        "slow": "语言模型迟迟没有开始回答",
        "stalled": "语言模型写到中途停住了",
        "broken": "语言模型的回答中断了",
        "context": "问题和资料超出了语言模型能读的长度",
        "empty": "语言模型什么也没有写出来",
        "unsupported": "语言模型写的内容在文档里没有依据",
        "mostly_unsupported": "语言模型写的内容多半在文档里没有依据",
    },
    "en": {
        "unreachable": "The language model cannot be reached",
        "refused": "The language model refused the key",
        "no_model": "The server does not serve the language model that is set",
        "failed": "The language model reported an error",
        "slow": "The language model did not begin to answer in time",
        "stalled": "The language model stopped in the middle",
        "broken": "The language model's answer broke off",
        "context": "Question and passages are longer than the language model can read",
        "empty": "The language model wrote nothing",
        "unsupported": "The documents do not support what the language model wrote",
        "mostly_unsupported": "The documents do not support most of what the language model wrote",
    },
}
CUT: dict[Language, str] = {
    "zh": "回答达到了长度上限，到此为止。",
    "en": "The answer reached its greatest length and ends there.",
}
CHINESE_QUOTES = "No language model is running, so the answer is in the document's own words, which are Chinese."


def language(question: str, wanted: Literal["auto", "zh", "en"]) -> Language:
    """The language to answer in: the one asked for, else Chinese when the question holds a Chinese character."""
    if wanted != "auto":
        return wanted
    return "zh" if re.search(r"[\u3400-\u9fff]", question) else "en"


def listed(entry: Entry, language: Language, answered_nearby: bool) -> list[str]:
    """Say, in one or two sentences, that the outline lists a question without answering it."""
    stars = "★" * entry.stars
    if language == "zh":
        told = [f"大纲列出了这个问题（{entry.id}，{stars}：{entry.question}），但没有给出答案。"]
        return [*told, "下面是相关的、有答案的条目。"] if answered_nearby else told
    told = [f"The outline lists this question ({entry.id}, {stars}: {entry.question}) but gives no answer."]
    return [*told, "Related entries that do have an answer are listed below."] if answered_nearby else told


def degraded(reason: str, language: Language, begun: bool) -> str:
    """Say why the language model did not write the answer, or, where it had begun, not all of it."""
    if reason == "length" and begun:
        return CUT[language]
    failed = FAILED[language].get(reason, FAILED[language]["broken"])
    if language == "zh":
        return f"{failed}，{'其余部分' if begun else '下面'}是文档原文。"
    return f"{failed}, so {'the rest' if begun else 'the answer'} is in the document's own words."
