"""A question that the outline lists without an answer."""

import httpx

from tests.e2e.live import Live


def listed(live: Live) -> str:
    """A question that the outline lists without an answer, and that has related entries."""
    with httpx.Client(base_url=live.url, trust_env=False, timeout=60) as client:
        for section in client.get("/v1/outline").json()["sections"]:
            for entry in section["entries"]:
                if entry["answered"]:
                    continue
                body = client.post("/v1/ask", json={"question": entry["question"]}).json()
                if body["status"] == "listed_unanswered" and any(one["answered"] for one in body["related"]):
                    return str(entry["question"])
    raise AssertionError("the outline has no such question")
