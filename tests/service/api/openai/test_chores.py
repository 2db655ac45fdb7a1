"""What Open WebUI, LibreChat and the like ask by themselves, as they word it."""

import json
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

CHAT = "<chat_history>\nUSER: 什么是 LoRA？\nASSISTANT: 一种微调方法。\n</chat_history>"
QUESTION = "什么是 LoRA？"


def ask(ai: openai.OpenAI, *said: str) -> dict[str, Any]:
    turns: list[ChatCompletionMessageParam] = []
    for number, text in enumerate(said):
        if number % 2:
            turns.append({"role": "assistant", "content": text})
        else:
            turns.append({"role": "user", "content": text})
    whole = ai.chat.completions.create(model="outline-qa", messages=turns).choices[0].message.model_dump()
    chunks = ai.chat.completions.create(model="outline-qa", messages=turns, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole["content"]
    return whole


@pytest.mark.parametrize(
    "task",
    [
        f"### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.\n### Output:\n"
        f'JSON format: {{ "title": "your concise title here" }}\n### Chat History:\n{CHAT}',
        f'### 任务：\n为对话生成标题，输出 JSON：{{"title": "…"}}\n{CHAT}',
        f'### Tarea:\nGenera un título para la conversación: {{ "title": "" }}\n{CHAT}',
        f'### 作業:\n出力は JSON です: {{ "title": "題名" }}\n{CHAT}',
    ],
)
def test_titles_in_json(ai: openai.OpenAI, task: str) -> None:
    said = ask(ai, task)
    assert (said["status"], said["citations"]) == ("declined", [])
    assert json.loads(said["content"]) == {"title": QUESTION}


@pytest.mark.parametrize(
    "task",
    [
        "Provide a concise, 5-word-or-less title for the conversation, using title case conventions. Only return the "
        f"title itself.\n\nConversation:\nUser: {QUESTION}\nAI: 一种微调方法。",
        "Analyze this conversation and provide:\n1. The detected language of the conversation\n2. A concise title in "
        f"the detected language (5 words or less, no punctuation or quotation)\n\nUser: {QUESTION}\nAI: 一种微调方法。",
        "Please generate a concise title (max 40 characters) for a conversation that starts with:\n"
        f"User: {QUESTION}\nAssistant: 一种微调方法。\n\nTitle:",
        f"请为以下对话生成一个简短的标题：\n用户：{QUESTION}\n助手：一种微调方法。",
        f"Erstelle einen kurzen Titel für dieses Gespräch.\nUser: {QUESTION}\nAI: …",
        f"この会話の短いタイトルを作成してください。\nUser: {QUESTION}\nAI: …",
    ],
)
def test_titles_as_text(ai: openai.OpenAI, task: str) -> None:
    said = ask(ai, task)
    assert (said["status"], said["content"]) == ("declined", QUESTION)


def test_titles_after_the_chat_itself(ai: openai.OpenAI) -> None:
    assert ask(ai, QUESTION, "一种微调方法。", "请为这段对话生成一个不超过十字的标题")["content"] == QUESTION


@pytest.mark.parametrize(
    ("task", "field"),
    [
        ('### Task:\nGenerate 1-3 broad tags.\nJSON format: { "tags": ["tag1"] }', "tags"),
        ('### Task:\nAnalyze the chat history … respond in the format: { "queries": ["query1"] }', "queries"),
        ('### Task:\nSuggest 3-5 relevant follow-up questions.\nJSON format: { "follow_ups": ["?"] }', "follow_ups"),
        ('### Tâche:\nProposez des questions de suivi. JSON: { "follow_ups": ["?"] }', "follow_ups"),
        ('### Task:\nYou are an autocompletion system. JSON: { "text": "" }', "text"),
    ],
)
def test_other_chores_in_json(ai: openai.OpenAI, task: str, field: str) -> None:
    said = ask(ai, f"{task}\n{CHAT}")
    assert (said["status"], said["citations"]) == ("declined", [])
    found = json.loads(said["content"])
    assert found.keys() == {field}
    if field == "queries":
        assert found[field] == [QUESTION]
    if field == "follow_ups":
        assert 0 < len(found[field]) <= 3
        assert QUESTION not in found[field]


def test_further_questions_as_an_array(ai: openai.OpenAI) -> None:
    said = ask(ai, f"### 任务：\n根据对话，给出 3 个用户可能追问的问题，用 JSON 数组返回。\n{CHAT}")
    assert all(isinstance(each, str) for each in json.loads(said["content"]))
    assert said["status"] == "declined"


def test_what_cannot_be_done_is_turned_down(ai: openai.OpenAI) -> None:
    said = ask(ai, f"### Task:\nTranslate the chat into verse.\n{CHAT}")
    assert (said["status"], said["citations"]) == ("declined", [])


@pytest.mark.parametrize(
    "question",
    [
        "### Task:\nRespond to the user query using the provided context, with citations [id].\n<context>\n"
        f"<source id=1>别的</source>\n</context>\n\n<user_query>\n{QUESTION}\n</user_query>",
        f"### Task:\nRespond to the user query.\n<context>\n<source id=1>别的</source>\n</context>\n\n{QUESTION}",
    ],
)
def test_a_question_that_a_program_put_context_around_is_one(ai: openai.OpenAI, question: str) -> None:
    said = ask(ai, question)
    assert said["status"] == "answered"
    assert said["content"] == ask(ai, QUESTION)["content"]
