"""A language model behind an OpenAI-compatible server that fills in forms, for questions made by it."""

from typing import TypeVar

import openai
from openai.types.shared_params import ResponseFormatJSONSchema
from pydantic import BaseModel, ValidationError

Form = TypeVar("Form", bound=BaseModel)
HOPELESS = (401, 403, 404)  # statuses that the next request will get again


class ModelError(Exception):
    """The model cannot be used at all; the text names its server and what to do."""


class ReplyError(Exception):
    """One reply that is not what was asked for; the next request may fare better."""


class ChatModel:
    """Asks one model at temperature 0, one request after another; `close` when done."""

    def __init__(self, url: str, name: str, key: str = "EMPTY", seconds: float = 120, retries: int = 1) -> None:
        """`url` ends in /v1."""
        self.url, self.name = url, name
        # A proxy of the environment must not come between this and a loopback address.
        http = openai.DefaultHttpxClient(trust_env=False)
        self._client = openai.OpenAI(base_url=url, api_key=key, timeout=seconds, max_retries=retries, http_client=http)

    def fill(self, form: type[Form], system: str, message: str, max_tokens: int = 1200) -> Form:
        """Return the form as the model fills it in; raises ModelError, and ReplyError for a reply that is none."""
        wanted: ResponseFormatJSONSchema = {
            "type": "json_schema",
            "json_schema": {"name": form.__name__.lower(), "schema": form.model_json_schema(), "strict": True},
        }
        try:
            reply = self._client.chat.completions.create(
                model=self.name,
                messages=[{"role": "system", "content": system}, {"role": "user", "content": message}],
                response_format=wanted,
                max_tokens=max_tokens,
                temperature=0,
            )
            choice = reply.choices[0]
            if choice.finish_reason == "length":
                raise ReplyError(f"the reply is longer than {max_tokens} tokens")
            return form.model_validate_json(choice.message.content or "")
        except openai.APITimeoutError as error:
            raise ReplyError("no reply in time") from error
        except openai.APIConnectionError as error:
            raise ModelError(
                f"cannot reach the model at {self.url!r}: {error.__cause__ or error}; start its server, or name its "
                "address with --judge"
            ) from error
        except openai.APIStatusError as error:
            if error.status_code in HOPELESS:
                raise ModelError(
                    f"the server at {self.url!r} refuses model {self.name!r} with {error.status_code}: "
                    f"{error.message}; is --model its name there?"
                ) from error
            raise ReplyError(f"the server replied {error.status_code}") from error
        except ValidationError as error:
            raise ReplyError("the reply is not the form") from error
        except (openai.OpenAIError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise ReplyError(f"the reply is no chat completion: {type(error).__name__}") from error

    def close(self) -> None:
        self._client.close()
