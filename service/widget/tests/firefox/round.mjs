// The main round in Debian's Firefox, by WebDriver BiDi: node tests/firefox/round.mjs ADDRESS [FIREFOX]

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";

const [address, firefox = "firefox-esr"] = process.argv.slice(2);
const PATIENCE_MS = 60_000;
const profile = await mkdtemp(join(tmpdir(), "outline-qa-firefox-"));
const browser = spawn(firefox, ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"]);

/** Where Firefox listens. */
async function listening() {
  let said = "";
  for await (const piece of browser.stderr) {
    said += piece;
    const found = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(said);
    if (found) return found[1];
  }
  throw new Error(`${firefox} did not start: ${said}`);
}

const socket = new WebSocket(`${await listening()}/session`);
browser.stderr.resume();
await new Promise((done, fail) => socket.on("open", done).on("error", fail));
const waiting = new Map();
socket.on("message", (data) => {
  const { id, type, result, message } = JSON.parse(data);
  const call = waiting.get(id);
  waiting.delete(id);
  if (type === "error") call?.fail(new Error(message));
  else call?.done(result);
});

let calls = 0;
function send(method, params = {}) {
  const id = ++calls;
  socket.send(JSON.stringify({ id, method, params }));
  return new Promise((done, fail) => waiting.set(id, { done, fail }));
}

const { capabilities } = await send("session.new", { capabilities: {} });
const { contexts } = await send("browsingContext.getTree");
const context = contexts[0].context;

/** Evaluate in the page; `one` and `all` look within the widget. */
async function ask(expression) {
  const script = `(() => {
    const shadow = document.querySelector("outline-qa")?.shadowRoot;
    const one = (selector) => shadow?.querySelector(selector);
    const all = (selector) => Array.from(shadow?.querySelectorAll(selector) ?? []);
    return JSON.stringify(${expression} ?? null);
  })()`;
  const { result, exceptionDetails } = await send("script.evaluate", {
    expression: script,
    target: { context },
    awaitPromise: true,
  });
  if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.text}`);
  return JSON.parse(result.value);
}

async function until(expression) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await ask(expression))) {
    if (Date.now() > end) throw new Error(`did not happen: ${expression}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

async function write(text) {
  const actions = Array.from(text).flatMap((value) => [
    { type: "keyDown", value },
    { type: "keyUp", value },
  ]);
  await send("input.performActions", { context, actions: [{ type: "key", id: "keys", actions }] });
}

const go = (url) => send("browsingContext.navigate", { context, url, wait: "complete" });
const test = (name) => `[data-test="${name}"]`;
const click = (selector) => ask(`(one(${JSON.stringify(selector)}).click(), true)`);
const ENTER = "\uE007";
const ESCAPE = "\uE00C";

try {
  await go(address);
  await until(`all('${test("suggestion")}').length === 4`);
  await ask(`(one('${test("composer")}').focus(), true)`); // without a mouse the widget leaves the focus alone
  await write(`什么是 QLoRA？${ENTER}`);
  await until(`one('${test("message")}[data-role=assistant]')?.dataset.phase === "done"`);
  assert.ok(await ask("all('.cite').length > 0"), "marks");
  await click(".cite");
  await until(`one('${test("popover")} .quote')?.textContent.length > 0`);
  const card = await ask(`one('${test("popover")}').getBoundingClientRect().toJSON()`);
  assert.ok(card.top >= 0 && card.bottom <= (await ask("innerHeight")), "the card lies in the window");
  await click(test("open-in-outline"));
  await until(`one('${test("reader")} mark') !== null`);
  assert.match(await ask("location.hash"), /^#\/e\//);
  await write(ESCAPE);
  await until(`one('${test("reader")}').offsetHeight === 0`);
  await ask(`(one('${test("composer")}').focus(), true)`);
  await write(`它有什么缺点？${ENTER}`);
  await until(`all('${test("message")}').length === 4`);
  await until(`one('${test("carried")}') !== null`);
  await click(test("thumb-up"));
  await until(`one('${test("thumb-up")}').getAttribute("aria-pressed") === "true"`);
  await go(address);
  await until(`all('${test("message")}').length === 4`); // the conversation is there again
  await click(test("chats-toggle"));
  await until(`all('${test("chat-open")}').length === 1`);
  await go(`${address}#/e/3.8`);
  await until(`one('${test("reader")} math, ${test("reader")} .content > *') !== null`);
  const wide = await ask("document.documentElement.scrollWidth > innerWidth");
  assert.equal(wide, false, "nothing is wider than the window");
  process.stdout.write(`the main round passes in Firefox ${capabilities.browserVersion}\n`);
} finally {
  socket.close();
  browser.kill();
  await new Promise((done) => browser.on("exit", done));
  await rm(profile, { recursive: true, force: true });
}
