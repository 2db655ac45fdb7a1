"""The golden questions answered through the service by a running vLLM: totals, and some answers as they came out.

Start vLLM first (`python -m service.llm serve`). `--out` keeps everything, one JSON object a question;
`--markdown` writes twenty answers, drawn by a fixed seed, with what the checks took out.
"""

import argparse
import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import httpx
from rich.progress import Progress

from benchmarks.llm import figure
from benchmarks.loopback import serve
from eval.score.prose import unmarked
from service.api.app import create_app
from service.bootstrap import Service
from service.check.ground import Grounder
from service.settings import AnswerSettings, ServiceSettings, StoreSettings, VllmSettings
from service.write.writer import Claim, Sentence

GOLDEN = Path(__file__).parents[1] / "eval/golden/outline.jsonl"
SEED, SHOWN = 7, {"paraphrase": 6, "detail": 4, "english": 4, "multi": 2, "terse": 2, "code": 2}


@contextmanager
def watched_checks() -> Iterator[dict[str, list[dict[str, Any]]]]:
    """Note what becomes of each claim, by the question it answers; `shown` is empty where it was taken out."""
    seen: dict[str, list[dict[str, Any]]] = defaultdict(list)
    ground = Grounder.ground

    async def noted(grounder: Grounder, claim: Claim) -> list[Sentence]:
        found = await ground(grounder, claim)
        seen[grounder.question].append({"claim": claim.lead + claim.text, "shown": [s.lead + s.text for s in found]})
        return found

    with patch.object(Grounder, "ground", noted):
        yield seen


async def ask_all(address: str, records: list[dict[str, Any]], at_once: int) -> list[dict[str, Any]]:
    gate = asyncio.Semaphore(at_once)
    with Progress() as bars:
        task = bars.add_task("Asking", total=len(records))
        async with httpx.AsyncClient(base_url=address, timeout=1800, trust_env=False) as client:

            async def one(record: dict[str, Any]) -> dict[str, Any]:
                body = {"question": record["question"], "history": record.get("history", [])}
                async with gate:
                    reply = (await client.post("/v1/ask", json=body)).raise_for_status().json()
                bars.advance(task)
                return {**record, "reply": reply, "verbatim": await verbatim(client, reply)}

            return await asyncio.gather(*map(one, records))


async def verbatim(client: httpx.AsyncClient, reply: dict[str, Any]) -> list[bool]:
    """Whether each quote stands in the documents where its citation says."""
    found = []
    for c in reply["citations"]:
        where = {"start": c["start"], "end": c["end"]}
        passage = (await client.get(f"/v1/documents/{c['document']}", params=where)).json()
        found.append(passage.get("text") == c["quote"])
    return found


def report(answers: list[dict[str, Any]], seen: dict[str, list[dict[str, Any]]]) -> None:
    by_model = [a for a in answers if a["reply"]["generator"].startswith("vllm:")]
    quotes = [ok for a in answers for ok in a["verbatim"]]
    bare = [
        s
        for a in answers
        if a["reply"]["status"] == "answered"
        for s in unmarked(a["reply"]["answer"], {c["n"]: c["quote"] for c in a["reply"]["citations"]})
    ]
    claims = [c for a in answers for c in seen.get(a["reply"]["query"], ())]
    refused = [a for a in answers if a["status"] != "answered"]
    given = Counter(f"{a['status']} -> {a['reply']['status']}" for a in refused)
    filled = [a["id"] for a in refused if a in by_model]
    statuses = Counter(a["reply"]["status"] for a in answers)
    print(f"{len(answers)} questions: {dict(statuses)}, {len(by_model)} by the model")
    print(f"quotes verbatim {sum(quotes)}/{len(quotes)}, statements without a mark: {len(bare)}")
    print(f"not to be answered, and what they got: {dict(given)}; by the model all the same: {filled}")
    gone = sum(len(taken_out(seen.get(a["reply"]["query"], ()))) for a in answers)
    print(f"{len(claims)} claims, {gone} taken out")
    print(f"degraded: {dict(Counter(a['reply']['degraded'] for a in answers))}")


def taken_out(claims: Sequence[dict[str, Any]]) -> list[str]:
    """What was left out, without the lead-ins that were shown with the sentence after them."""
    shown = "".join(text for c in claims for text in c["shown"])
    return [c["claim"].strip() for c in claims if not c["shown"] and c["claim"].strip() not in shown]


def markdown(answers: list[dict[str, Any]], seen: dict[str, list[dict[str, Any]]]) -> str:
    draw, parts = random.Random(SEED), []
    for kind, count in SHOWN.items():
        pool = [a for a in answers if a["kind"] == kind and a["reply"]["generator"].startswith("vllm:")]
        for a in draw.sample(pool, min(count, len(pool))):
            answer = "\n".join(f"> {line}".rstrip() for line in a["reply"]["answer"].splitlines())
            gone = taken_out(seen.get(a["reply"]["query"], ()))
            left = "".join(f"\n- {text!r}" for text in gone) or " nothing."
            cited = ", ".join(sorted({c["entry_id"] or c["document"] for c in a["reply"]["citations"]}))
            right = ", ".join(a["entries"])
            parts.append(
                f"### {a['question']}\n\n{answer}\n\nIt cites {cited}; the golden entry is {right}. Taken out:{left}"
            )
    return "\n\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8001/v1")
    parser.add_argument("--golden", type=Path, default=GOLDEN)
    parser.add_argument("--out", type=Path, default=Path("var/answers.jsonl"))
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--at-once", type=int, default=8)
    options = parser.parse_args()
    name = httpx.get(f"{options.url}/models", trust_env=False).json()["data"][0]["id"]
    writer = VllmSettings(
        kind="vllm", base_urls=[options.url], model=name, first_token_seconds=600, stall_seconds=300, max_tokens=300
    )
    records = [json.loads(line) for line in options.golden.read_text("utf-8").splitlines()]
    with TemporaryDirectory() as folder:
        store = StoreSettings(path=Path(folder) / "store.sqlite")
        service = Service(ServiceSettings(writer=writer, answer=AnswerSettings(cache_size=0), store=store))
        hits, looked = figure(options.url, "prefix_cache_hits_total"), figure(options.url, "prefix_cache_queries_total")
        with watched_checks() as seen, serve(create_app(service)) as address:
            answers = asyncio.run(ask_all(address, records, options.at_once))
    hits, looked = (
        figure(options.url, "prefix_cache_hits_total") - hits,
        figure(options.url, "prefix_cache_queries_total") - looked,
    )
    with options.out.open("w", encoding="utf-8") as file:
        for a in answers:
            file.write(json.dumps({**a, "claims": seen.get(a["reply"]["query"], [])}, ensure_ascii=False) + "\n")
    report(answers, seen)
    print(f"prefix cache: {hits / looked:.2f} of {looked:.0f} prompt tokens")
    if options.markdown:
        options.markdown.write_text(markdown(answers, seen), encoding="utf-8")


if __name__ == "__main__":
    main()
