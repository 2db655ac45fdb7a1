"""What the service says in its own words, in Chinese and English."""

import re
from typing import Literal

from ingest.outline import Entry

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
