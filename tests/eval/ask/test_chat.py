"""Forms that a model fills in: what is sent, and what each failure is called."""

import socket

import pytest
from pydantic import BaseModel

from benchmarks.faulty_llm import MODEL, faulty_llm
from eval.ask.chat import ChatModel, ModelError, ReplyError


class Form(BaseModel):
    english: str


def test_a_form_is_asked_for_by_its_schema_and_read() -> None:
    with faulty_llm(form={"english": "What is LoRA?"}) as llm:
        model = ChatModel(llm.url, MODEL)
        assert model.fill(Form, "system", "什么是 LoRA？", max_tokens=99) == Form(english="What is LoRA?")
        model.close()
    (sent,) = llm.asked
    assert sent["response_format"]["type"] == "json_schema"
    assert sent["response_format"]["json_schema"]["schema"] == Form.model_json_schema()
    assert [(m["role"], m["content"]) for m in sent["messages"]] == [("system", "system"), ("user", "什么是 LoRA？")]
    assert (sent["model"], sent["max_tokens"], sent["temperature"]) == (MODEL, 99, 0)


def test_a_reply_that_is_no_form_and_a_failed_request_are_of_one_reply() -> None:
    with faulty_llm(form={"chinese": "什么"}) as llm:
        model = ChatModel(llm.url, MODEL, retries=0)
        with pytest.raises(ReplyError, match="not the form"):
            model.fill(Form, "", "?")
        llm.form = None
        with pytest.raises(ReplyError, match="replied 500"):
            model.fill(Form, "", "?")
        model.close()


def test_no_server_and_no_such_place_are_the_models() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        model = ChatModel(url, MODEL, retries=0)
        with pytest.raises(ModelError, match=f"cannot reach the model at '{url}'.*--judge"):
            model.fill(Form, "", "?")
        model.close()
    with faulty_llm(form={}) as llm:
        model = ChatModel(f"{llm.url}/none", MODEL, retries=0)
        with pytest.raises(ModelError, match=r"refuses model 'faulty' with 404.*--model"):
            model.fill(Form, "", "?")
        model.close()
