"""The log on standard error: lines for people or JSON for programs, each with the request and trace that it is of."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog
from structlog.typing import Processor

from service.tracing import trace_ids

Form = Literal["text", "json"]
OWN = ("service", "ingest")
TIME = structlog.processors.TimeStamper(fmt="iso", utc=True, key="time")


def begin_log(level: str, form: Form, content: bool) -> None:
    """Send what all loggers say to standard error.

    At `debug` other people's loggers write what people asked, so unless `content` is set they stay at `info`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(form))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    severity = level.upper()
    root.setLevel(severity if content or severity != "DEBUG" else "INFO")
    for name in OWN:
        logging.getLogger(name).setLevel(severity)
    logging.getLogger("httpx").setLevel("WARNING" if not content else severity)


def _formatter(form: Form) -> logging.Formatter:
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        TIME,
        _with_trace,
        structlog.processors.format_exc_info,
    ]
    last = structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else _line
    renamed = [structlog.processors.EventRenamer("message")] if form == "json" else []
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renamed, last],
    )


def _with_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.update(trace_ids())
    return event


def _line(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    """A line as Python's logging has it, then what it is of."""
    head = f"{event.pop('time')} {event.pop('level').upper()} {event.pop('logger')}: {event.pop('event')}"
    stack = event.pop("exception", "")
    ids = "".join(f" {name}={value}" for name, value in event.items())
    return f"{head}{ids}" + (f"\n{stack}" if stack else "")
