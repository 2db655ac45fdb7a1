"""Tell a chat channel of a night that failed: the message, and the request that posts it."""

from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

import httpx

from eval.nights.gate import Finding, Status, Verdict
from eval.nights.history import ALL

TIMEOUT = 10.0
HEADLINES: dict[Status, str] = {
    "passed": "passed",
    "regression": "failed",
    "unmeasured": "could not be measured",
}


class WebhookError(Exception):
    """A message that was not taken; the text names the host only, as the rest of the address is often a secret."""


def message(verdict: Verdict) -> dict[str, Any]:
    """Return what is posted: `text` in Markdown, which Slack-like hooks show, and the same as data."""
    run, held = verdict.run, verdict.baseline
    lines = [f"**Evaluation {run.id} {HEADLINES[verdict.status]}**"]
    lines += [f"- {finding.fault}: {finding.text}" for finding in verdict.findings]
    against = f"held against {held.id}" if held else "without a night to hold it against"
    lines.append(f"Index `{run.index_version}`, generator `{run.generator}`, {against}.")
    return {
        "text": "\n".join(lines),
        "run": run.id,
        "status": verdict.status,
        "findings": [asdict(finding) for finding in verdict.findings],
    }


def trouble(text: str) -> dict[str, Any]:
    """Return what is posted of a night without a run to judge."""
    return {
        "text": f"**Evaluation {HEADLINES['unmeasured']}**\n- {text}",
        "run": "",
        "status": "unmeasured",
        "findings": [asdict(Finding(ALL, "unmeasured", 0, 0, text))],
    }


def post(url: str, body: dict[str, Any]) -> None:
    """Post a message as JSON; raises WebhookError when it is not taken within TIMEOUT seconds."""
    host = _host(url)
    try:
        reply = httpx.post(url, json=body, timeout=TIMEOUT)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        # What httpx says of an address that is none may repeat it.
        raise WebhookError(
            f"the webhook at {host} could not be told: {type(error).__name__}; check --webhook"
        ) from error
    if not reply.is_success:
        raise WebhookError(f"the webhook at {host} gave {reply.status_code}: {reply.text[:200]!r}; check --webhook")


def _host(url: str) -> str:
    try:
        return repr(urlsplit(url).hostname or "an address without a host")
    except ValueError:
        return "an address that is none"
