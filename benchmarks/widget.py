"""Measure the chat widget in a real browser: first load, first words, frames in a long conversation.

    python -m benchmarks.widget [--json FILE]

The service runs over the current index under the settings, and Debian's Chromium without a GPU visits it; both share
the machine's cores. First words: from pressing Enter to the first frame that shows text of the answer. Frames: the
time between two animation frames while a person types, scrolls, or watches an answer come, in a conversation of 500
messages that is made of real answers; 16.7 ms is a screen of 60 Hz, so a frame cannot be shorter.
"""

import argparse
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, expect
from rich.console import Console
from rich.table import Table

from benchmarks.browser import chromium
from benchmarks.figures import write
from benchmarks.service import QUESTIONS, serving
from eval.golden.question import load

ASKED = 20
PAUSE_MS = 500  # before a question is written, and before it is sent, where first words are measured
TURNS = 250  # a question and an answer each
CONVERSATIONS, LONG, OPENED = 200, 20, 10  # conversations, turns of each, times that their list is opened
TEXT = "在一段很长的对话里输入问题 while scrolling and typing should stay smooth"
VIEWPORT: Any = {"width": 1280, "height": 800}
COMPOSER = "[data-test=composer]"
ANSWER = "[data-test=message][data-role=assistant]"
WATCH = """() => {
  window.waits = [];
  const shadow = document.querySelector("outline-qa").shadowRoot;
  shadow.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const pressed = performance.now();
    const before = shadow.querySelectorAll(".turn").length;
    const watch = new MutationObserver(() => {
      const text = Array.from(shadow.querySelectorAll("[data-test=answer]")).at(-1);
      if (shadow.querySelectorAll(".turn").length === before || !text?.textContent) return;
      watch.disconnect(); // asked for in every frame, frames would be drawn for the asking
      requestAnimationFrame(() => window.waits.push(performance.now() - pressed));
    });
    watch.observe(shadow, { childList: true, subtree: true, characterData: true });
  }, { capture: true });
}"""
FRAMES = """() => {
  window.frames_ms = [];
  let last = performance.now();
  const next = (now) => {
    window.frames_ms.push(now - last);
    last = now;
    window.running = requestAnimationFrame(next);
  };
  window.running = requestAnimationFrame(next);
}"""
LENGTHEN = """async ([name, turns]) => {
  const open = indexedDB.open(name);
  await new Promise((done) => { open.onsuccess = done; });
  const store = open.result.transaction("bodies", "readwrite").objectStore("bodies");
  const read = store.getAll();
  await new Promise((done) => { read.onsuccess = done; });
  const [{ id, turns: real }] = read.result;
  store.put({ id, turns: Array.from({ length: turns }, (_, i) => ({ ...real[i % real.length], id: `turn-${i}` })) });
  await new Promise((done) => { store.transaction.oncomplete = done; });
  open.result.close();
  return turns;
}"""

# 200 conversations of 20 turns each, of the real ones.
MULTIPLY = """async ([name, conversations, turns]) => {
  const open = indexedDB.open(name);
  await new Promise((done) => { open.onsuccess = done; });
  const transaction = open.result.transaction(["heads", "bodies"], "readwrite");
  const [heads, bodies] = ["heads", "bodies"].map((store) => transaction.objectStore(store));
  const read = [heads.getAll(), bodies.getAll()];
  await new Promise((done) => { read[1].onsuccess = done; });
  const [[head], [{ turns: real }]] = read.map((request) => request.result);
  for (let i = 0; i < conversations; i++) {
    const own = Array.from({ length: turns }, (_, k) => ({ ...real[(i + k) % real.length], id: `turn-${i}-${k}` }));
    const questions = own.map((turn) => turn.question);
    heads.put({ ...head, id: `talk-${i}`, title: questions[0], questions: questions.join("\\n"), updated: i + 1 });
    bodies.put({ id: `talk-${i}`, turns: own });
  }
  await new Promise((done) => { transaction.oncomplete = done; });
  open.result.close();
}"""
# The list is open when a screen of it is shown; the rows below follow when the browser has time.
LIST = """async (conversations) => {
  const shadow = document.querySelector("outline-qa").shadowRoot;
  const frame = () => new Promise(requestAnimationFrame);
  const began = performance.now();
  shadow.querySelector("[data-test=chats-toggle]").click();
  while (!shadow.querySelector(".chat")?.offsetHeight) await frame();
  await frame();
  const took = performance.now() - began;
  while (shadow.querySelectorAll(".chat").length < conversations) await frame();
  shadow.querySelector("[data-test=chats-close]").click();
  shadow.querySelector(".chat-list").replaceChildren();
  await frame();
  return took;
}"""


@dataclass(frozen=True)
class Row:
    what: str
    samples: int
    p50_ms: float
    p95_ms: float
    most_ms: float


def row(what: str, milliseconds: list[float]) -> Row:
    p50, p95, most = (round(float(np.percentile(milliseconds, share)), 1) for share in (50, 95, 100))
    return Row(what, len(milliseconds), p50, p95, most)


def weigh(browser: Browser, address: str) -> int:
    """Bytes over the network, headers included, of the service's page until nothing more is loaded."""
    page = browser.new_context(viewport=VIEWPORT).new_page()
    session = page.context.new_cdp_session(page)
    names: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session.on("Network.responseReceived", lambda event: names.update({event["requestId"]: event["response"]["url"]}))
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.update({names[event["requestId"]]: int(event["encodedDataLength"])}),
    )
    session.send("Network.enable")
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.context.close()
    return sum(sizes.values())


def ask(page: Page, question: str, asked: int, pause_ms: float = 0) -> None:
    """Ask; with a pause as a person does, who has read the answer before and looks at what is written."""
    page.wait_for_timeout(pause_ms)
    page.locator(COMPOSER).fill(question)
    page.wait_for_timeout(pause_ms)
    page.locator(COMPOSER).press("Enter")
    expect(page.locator(ANSWER)).to_have_count(asked)
    expect(page.locator(ANSWER).last).to_have_attribute("data-phase", "done")


def frames(page: Page, act: Callable[[], None]) -> list[float]:
    """The times between animation frames while something is done."""
    page.evaluate(FRAMES)
    act()
    page.evaluate("cancelAnimationFrame(window.running)")
    times: list[float] = page.evaluate("window.frames_ms.slice(1)")
    return times


def measure(browser: Browser, address: str, questions: list[str]) -> list[Row]:
    page = browser.new_context(viewport=VIEWPORT, locale="zh-CN").new_page()
    page.goto(address)
    expect(page.locator(COMPOSER)).to_be_focused()
    page.evaluate(WATCH)
    for asked, question in enumerate(questions, 1):
        ask(page, question, asked, PAUSE_MS)  # the machine is idle
    rows = [row("Enter to first words", page.evaluate("window.waits"))]
    page.wait_for_timeout(500)  # the conversation is saved when idle
    turns = page.evaluate(LENGTHEN, [f"outline-qa:{address.rstrip('/')}", TURNS])
    page.reload()
    expect(page.locator(ANSWER)).to_have_count(turns)
    page.wait_for_timeout(3000)  # old turns are filled in when idle

    def scroll() -> None:
        page.mouse.move(600, 400)
        for step in range(80):
            page.mouse.wheel(0, -900 if step < 60 else 2400)
            page.wait_for_timeout(40)

    page.locator(COMPOSER).focus()
    rows.append(row("typing, 500 messages", frames(page, lambda: page.keyboard.type(TEXT, delay=40))))
    rows.append(row("scrolling, 500 messages", frames(page, scroll)))
    page.locator(COMPOSER).fill("")
    rows.append(row("an answer comes, 500 messages", frames(page, lambda: ask(page, questions[0], turns + 1))))
    return [*rows, *keeping(page, address)]


def keeping(page: Page, address: str) -> list[Row]:
    """The list of many conversations: opened, searched, and typed beside."""
    page.evaluate(MULTIPLY, [f"outline-qa:{address.rstrip('/')}", CONVERSATIONS, LONG])
    page.reload()
    expect(page.locator(COMPOSER)).to_be_focused()
    opened = [float(page.evaluate(LIST, CONVERSATIONS)) for _ in range(OPENED)]
    page.locator("[data-test=chats-toggle]").click()
    page.locator("[data-test=chats-search]").focus()
    searched = frames(page, lambda: page.keyboard.type(TEXT[:12], delay=80))
    page.locator("[data-test=chats-search]").fill("")
    page.locator(COMPOSER).focus()
    typed = frames(page, lambda: page.keyboard.type(TEXT, delay=40))
    return [row("the list of 200 opens", opened), row("search in it", searched), row("typing beside it", typed)]


def main() -> None:
    parser = argparse.ArgumentParser(description="First load, first words and frames of the chat widget.")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    questions = [one.question for one in load(QUESTIONS) if one.status == "answered"][:ASKED]
    with serving() as (address, _, _), chromium() as browser:
        weight = weigh(browser, address)
        rows = measure(browser, address, questions)
        version = browser.version
    table = Table(title=f"first load {weight:,} bytes, Chromium {version}, {os.cpu_count()} cores")
    for heading in ("what", "samples", "p50 ms", "p95 ms", "most ms"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for one in rows:
        table.add_row(one.what, str(one.samples), f"{one.p50_ms:.1f}", f"{one.p95_ms:.1f}", f"{one.most_ms:.1f}")
    Console().print(table)
    if options.json:
        names = ("words", "typing", "scrolling", "answer", "list", "search", "beside")
        times = {
            f"{name}_{each}": value
            for name, one in zip(names, rows, strict=True)
            for each, value in asdict(one).items()
            if each != "what"
        }
        write(options.json, {"first_load_kb": weight / 1000, **times}, chromium=version)


if __name__ == "__main__":
    main()
