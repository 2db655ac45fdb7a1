import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Related } from "../../src/contract";
import { asked, received, shared, type Turn } from "../../src/conversation";
import { TurnView } from "../../src/views/turn";
import { furnish } from "../support/browser";
import { all, by, context, DONE, serve } from "../support/context";

beforeAll(furnish);
afterEach(() => vi.unstubAllGlobals());

const done = (changes: object = {}): Turn =>
  received(asked("t-1", "什么是 QLoRA？"), { event: "done", data: { ...DONE, ...changes } as never });

const related = (id: string, answered: boolean): Related => ({
  entry_id: id,
  document: "d.md",
  question: `题 ${id}`,
  stars: 3,
  answered,
});

test("an answer stands under its question, with marks, sources and what can be done with it", async () => {
  serve(() => null);
  const shared_ = await context();
  const view = new TurnView(done(), shared_);
  view.update(done());
  const said = await view.render(done());
  expect(view.element.querySelector("h3")?.getAttribute("aria-label")).toBe("You asked: 什么是 QLoRA？");
  expect(all(view.element, "cite").map((mark) => mark.getAttribute("aria-label"))).toEqual(["Citation 1"]);
  expect(said.trim()).toBe("它省显存。"); // a screen reader does not say the marks
  const tools = Array.from(view.element.querySelectorAll(".tools button"), (one) => (one as HTMLElement).dataset.test);
  expect(tools).toEqual(["copy-answer", "retry", "thumb-up", "thumb-down", "answer-link"]);
  view.element.querySelector<HTMLElement>(".source")?.click();
  expect(shared_.asked).toEqual([["show", DONE.citations[0], DONE.citations]]);
});

test("the buttons of an answer are three Tab stops", async () => {
  serve(() => null);
  const view = new TurnView(done(), await context());
  const turn = done({ carried: ["什么是 LoRA？"], related: [related("1.1", true), related("1.2", true)] });
  view.update(turn);
  await view.render(turn);
  const answer = by(view.element, "answer").parentElement as HTMLElement;
  const stops = Array.from(answer.querySelectorAll("button")).filter((button) => button.tabIndex === 0);
  expect(stops.map((stop) => stop.dataset.test ?? stop.className)).toEqual(["carried-remove", "source", "copy-answer"]);
});

test("what comes next is asked of the entry's own points and of those near it", async () => {
  const shared_ = await context();
  const near = [related("1.1", true), related("1.2", false), related("1.3", true), related("1.4", true)];
  const offered = (further: string[], entries: Related[]): HTMLElement[] => {
    const view = new TurnView(done(), shared_);
    view.update(done({ further, related: entries }));
    return all(view.element, "follow-up");
  };
  const words = (...args: Parameters<typeof offered>) => offered(...args).map((one) => one.textContent);
  expect(words(["Adapter", "Prefix"], near)).toEqual(["Adapter", near[0]?.question, near[2]?.question]);
  expect(words(["Adapter", "Prefix"], near.slice(0, 2))).toEqual(["Adapter", "Prefix", near[0]?.question]);
  expect(words([], [])).toEqual([]);
  offered(["Adapter"], [])[0]?.click();
  expect(shared_.asked).toEqual([["ask", "Adapter"]]);
});

test("terms of another language stand with what they are called in the question's", async () => {
  const view = new TurnView(done(), await context());
  view.update(done({ lacks: ["other_language"], terms: [{ term: "除垢", other: "descaling" }] }));
  expect(by(view.element, "degraded").textContent).toMatch(/own language\. 除垢 = descaling$/);
});

test("what a follow-up carries over can be taken away", async () => {
  const all_ = await context();
  const view = new TurnView(done(), all_);
  view.update(done({ carried: ["什么是 LoRA？", "它呢？"] }));
  expect(by(view.element, "carried").textContent).toBe("Following on from “什么是 LoRA？”");
  by(view.element, "carried-remove").click();
  expect(all_.asked).toEqual([["retry", "t-1", true]]);
});

test("a shared answer is read-only and says where it is from", async () => {
  serve(() => null);
  const turn = shared("t-1", { ...DONE, question: "别人问的", created: 1_764_374_400, index_version: "v0" } as never);
  const view = new TurnView(turn, await context());
  view.update(turn);
  for (const name of ["edit", "retry", "thumb-up"]) expect(all(view.element, name)).toEqual([]);
  expect(by(view.element, "shared").textContent).toContain("from version v0");
  await vi.waitFor(() => expect(by(view.element, "shared").textContent).toContain("have changed since"));
});

test.each([
  ["not_in_documents", "Nearest in the documents"],
  ["listed_unanswered", "Related questions"],
])("under %s stand the nearest entries, answered ones first", async (status, title) => {
  const shared_ = await context();
  const turn = done({ status, citations: [], related: [related("1.1", false), related("1.2", true)] });
  const view = new TurnView(turn, shared_);
  view.update(turn);
  expect(view.element.querySelector(".related h4")?.textContent).toBe(title);
  expect(all(view.element, "related").map((row) => row.dataset.id)).toEqual(["1.2", "1.1"]);
  by(view.element, "related-ask").click();
  expect(shared_.asked).toEqual([["ask", "题 1.2"]]);
});

test("a word of the service's own is no refusal", async () => {
  const turn = done({ status: "not_in_documents", answer: "Hello!", citations: [], help: true });
  const view = new TurnView(turn, await context());
  view.update(turn);
  expect([all(view.element, "status-not_in_documents"), view.element.querySelector(".tip")]).toEqual([[], null]);
});

test.each([
  ["locked", false],
  ["forbidden", false],
  ["network", true],
  ["garbled", true],
] as const)("a failure that is %s can be tried again: %s", async (kind, again) => {
  const shared_ = await context();
  const turn: Turn = { ...asked("t-1", "?"), phase: "failed", failure: { kind } };
  const view = new TurnView(turn, shared_);
  view.update(turn);
  expect(by(view.element, "error").textContent).toContain(shared_.text.failure[kind]);
  expect(all(view.element, "retry")).toHaveLength(again ? 1 : 0);
});

test("too many questions hold the button back", async () => {
  vi.useFakeTimers();
  const turn: Turn = { ...asked("t-1", "?"), phase: "failed", failure: { kind: "hasty", retryAfter: 2 } };
  const view = new TurnView(turn, await context());
  view.update(turn);
  const retry = by(view.element, "retry") as HTMLButtonElement;
  expect([retry.disabled, retry.textContent]).toEqual([true, "Retry in 2 s"]);
  vi.advanceTimersByTime(2100);
  expect([retry.disabled, retry.textContent]).toEqual([false, "Retry"]);
  view.dispose();
  vi.useRealTimers();
});

test("an answer is read aloud a sentence at a time, where that is wanted", async () => {
  const said: { text: string; lang: string }[] = [];
  class Utterance extends EventTarget {
    lang = "";
    constructor(readonly text: string) {
      super();
    }
  }
  vi.stubGlobal("SpeechSynthesisUtterance", Utterance);
  vi.stubGlobal("speechSynthesis", { cancel: () => undefined, speak: (one: Utterance) => said.push(one) });
  const turn = done({ answer: "第一句。第二句 [1]。" });
  const quiet = new TurnView(turn, await context());
  quiet.update(turn);
  expect(all(quiet.element, "aloud")).toEqual([]);
  const view = new TurnView(turn, await context({ voice: true }));
  view.update(turn);
  await view.render(turn);
  const button = by(view.element, "aloud");
  button.click();
  expect(said.map(({ text, lang }) => [text, lang])).toEqual([
    ["第一句。", "zh-CN"],
    ["第二句。", "zh-CN"],
  ]);
  expect(button.getAttribute("aria-pressed")).toBe("true");
  (said[1] as unknown as Utterance).dispatchEvent(new Event("end"));
  expect(button.getAttribute("aria-pressed")).toBe("false");
});
