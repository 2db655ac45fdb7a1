"""The responses protocol with OpenAI's own client."""

from typing import Any

import openai
import pytest
from pydantic import BaseModel

from ingest.index.snapshot import Snapshot

QUESTION = "QLoRA 为什么省显存？"


def create(ai: openai.OpenAI, **body: Any) -> Any:
    return ai.responses.create(**{"model": "outline-qa", "input": QUESTION, **body})


def test_annotations_span_the_sentence_and_name_the_quote(ai: openai.OpenAI, snapshot: Snapshot) -> None:
    reply = create(ai, temperature=0.1, instructions="Be brief.", tools=[])
    plain = ai.chat.completions.create(model="outline-qa", messages=[{"role": "user", "content": QUESTION}])
    said = plain.choices[0].message.model_dump()
    assert reply.output_text == said["content"]
    assert (reply.status, reply.metadata["status"]) == ("completed", "answered")
    assert reply.usage.total_tokens == reply.usage.input_tokens + reply.usage.output_tokens
    notes = reply.output[0].content[0].annotations
    assert {note.n for note in notes} == {citation["n"] for citation in said["citations"]}
    for note in notes:
        assert note.type == "url_citation"
        assert snapshot.documents[note.document][note.start : note.end] == note.quote
        sentence = reply.output_text[note.start_index : note.end_index]
        assert sentence.strip("*-# ") != ""
        assert reply.output_text[note.end_index :].lstrip().startswith("[")
        opened = ai._client.get(note.url)
        assert opened.json()["text"] == note.quote


def test_events_end_with_the_same_response(ai: openai.OpenAI) -> None:
    whole = create(ai)
    events = list(create(ai, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type for event in events]
    assert kinds[:4] == [
        "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"
    ]  # fmt: skip
    assert kinds[-4:] == [
        "response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed"
    ]  # fmt: skip
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == whole.output_text
    notes = [event.annotation for event in events if event.type == "response.output_text.annotation.added"]
    assert [note["n"] if isinstance(note, dict) else note.n for note in notes] == [
        note.n for note in whole.output[0].content[0].annotations
    ]
    assert events[-1].response.output_text == whole.output_text


def test_the_helper_of_the_client_streams(ai: openai.OpenAI) -> None:
    with ai.responses.stream(model="outline-qa", input=QUESTION) as stream:
        said = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        assert stream.get_final_response().output_text == said


@pytest.mark.parametrize(
    "given",
    [
        [{"role": "user", "content": "什么是 LoRA？"}],
        [{"role": "user", "content": [{"type": "input_text", "text": "什么是 LoRA？"}]}],
        [
            {"type": "message", "role": "user", "content": "什么是 LoRA？"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "一种微调方法。"}]},
            {"type": "function_call_output", "call_id": "c", "output": "x"},
            {"role": "user", "content": "它有什么缺点？"},
        ],
    ],
)  # fmt: skip
def test_input_of_every_form(ai: openai.OpenAI, given: list[dict[str, Any]]) -> None:
    reply = create(ai, input=given)
    assert reply.metadata["status"] == "answered"
    assert "LoRA" in reply.output_text


class Form(BaseModel):
    answer: str
    status: str


def test_forms(ai: openai.OpenAI) -> None:
    parsed = ai.responses.parse(model="outline-qa", input=QUESTION, text_format=Form).output_parsed
    assert parsed
    assert (parsed.answer, parsed.status) == (create(ai).output_text, "answered")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"text": {"format": {"type": "grammar"}}}, "text.format"),
        ({"input": [{"role": "user", "content": 3}]}, None),
    ],
)
def test_what_cannot_be_done_is_refused(ai: openai.OpenAI, body: dict[str, Any], param: str | None) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        create(ai, **body)
    assert param is None or refused.value.param == param
    with pytest.raises(openai.NotFoundError):
        create(ai, model="gpt-x")
