"""Server-sent events as a reader of the service gets them."""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from service.api.stream import AskEvent

CONTRACT: TypeAdapter[AskEvent] = TypeAdapter(AskEvent)


@dataclass(frozen=True)
class Event:
    id: str
    kind: str
    data: Any


def events(text: str) -> list[Event]:
    """Parse a stream by the rules of the HTML standard; comments are left out."""
    found = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = [line.partition(": ")[::2] for line in block.split("\n") if line and not line.startswith(":")]
        if lines:
            values = dict(lines)
            assert values.keys() == {"id", "event", "data"}
            data = json.loads(values["data"])
            CONTRACT.validate_python({"event": values["event"], "data": data})  # no field too many, none too few
            found.append(Event(values["id"], values["event"], data))
    return found
