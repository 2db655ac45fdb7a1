import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { OutlineQA } from "../src/element";
import { furnish } from "./support/browser";
import { all, by, DONE, SERVER, serve, stream } from "./support/context";

let hints: string[] = [];

beforeAll(async () => {
  furnish();
  await import("../src/main");
});
beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  document.body.replaceChildren();
  hints = [];
  vi.spyOn(console, "warn").mockImplementation((hint: string) => hints.push(hint));
  serve((path) => (path === "/v1/ask" ? stream(["meta", { id: "a-1" }], ["done", DONE]) : null));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function place(attributes: Record<string, string> = {}): { element: OutlineQA; shadow: ShadowRoot; told: string[] } {
  const element = document.createElement("outline-qa") as OutlineQA;
  for (const [name, value] of Object.entries({ server: SERVER, lang: "en", ...attributes }))
    element.setAttribute(name, value);
  const told: string[] = [];
  for (const name of ["ready", "open", "close", "ask", "answer", "error"])
    element.addEventListener(`outline-qa:${name}`, (event) => {
      told.push(`${name} ${JSON.stringify((event as CustomEvent).detail)}`);
    });
  document.body.append(element);
  return { element, shadow: element.shadowRoot as ShadowRoot, told };
}

const shown = (root: ParentNode, test_: string): Promise<HTMLElement> => vi.waitFor(() => by(root, test_), 15_000);

test("closed it is a button, and the panel comes when it is opened", async () => {
  const { element, shadow, told } = place();
  const launcher = await shown(shadow, "launcher");
  expect([launcher.getAttribute("aria-label"), launcher.getAttribute("aria-expanded")]).toEqual([
    "Open Outline QA",
    "false",
  ]);
  expect(all(shadow, "panel")).toEqual([]);
  launcher.click();
  const panel = await shown(shadow, "panel");
  await vi.waitFor(() => expect(all(panel, "suggestion").map((one) => one.textContent)).toEqual(["一？", "二？"]));
  expect(launcher.getAttribute("aria-expanded")).toBe("true");
  element.close();
  await vi.waitFor(() => expect(panel.hidden).toBe(true));
  expect(told.map((one) => one.split(" ")[0])).toEqual(["ready", "open", "close"]);
});

test("a question of the page's is written, or sent; events hold no words unless they are asked for", async () => {
  const { element, shadow, told } = place();
  await element.ask("What is QLoRA?");
  expect((by(shadow, "composer") as HTMLTextAreaElement).value).toBe("What is QLoRA?");
  await element.ask("What is QLoRA?", { submit: true });
  await vi.waitFor(() => expect(told.at(-1)).toContain("answer"));
  expect(told.join()).not.toContain("QLoRA");
  await element.clear();
  await vi.waitFor(() => expect(by(shadow, "suggestion")).toBeTruthy());
  element.setAttribute("events", "text");
  await element.ask("What is QLoRA?", { submit: true });
  await vi.waitFor(() => expect(told.at(-1)).toContain("它省显存"));
});

test("another language, or the page's own texts", async () => {
  const { element, shadow } = place({ open: "" });
  await shown(shadow, "panel");
  await element.setLocale("zh");
  expect(by(shadow, "send").getAttribute("aria-label")).toBe("发送");
  await element.setLocale({ send: "Senden", nosuch: "x" });
  expect([by(shadow, "send"), by(shadow, "stop")].map((one) => one.getAttribute("aria-label"))).toEqual([
    "Senden",
    "Stop answering",
  ]);
  expect(hints.join()).toContain('"nosuch" is not known');
});

test("what the page's owner got wrong is said in the console", async () => {
  const { element } = place({ mode: "sidebar", colour: "red", trigger: "##" });
  await vi.waitFor(() => expect(hints.join("\n")).toContain('mode="sidebar" is not known'));
  expect(hints.join("\n")).toContain('there is no attribute "colour"');
  document.body.click();
  expect(hints.join("\n")).toContain('trigger="##" is no CSS selector');
  element.destroy();
});

test("destroyed it leaves the page for good", async () => {
  const { element, shadow } = place({ open: "" });
  await shown(shadow, "panel");
  element.destroy();
  expect([element.isConnected, element.destroyed]).toEqual([false, true]);
});

test("voice is there where the page offers it and the reader turns it on", async () => {
  vi.stubGlobal("webkitSpeechRecognition", class extends EventTarget {});
  const { shadow } = place({ mode: "page", voice: "offer" });
  await shown(shadow, "panel");
  expect(all(shadow, "dictate")).toEqual([]);
  by(shadow, "voice").click();
  await shown(shadow, "dictate");
  by(shadow, "voice").click();
  await vi.waitFor(() => expect(all(shadow, "dictate")).toEqual([]));
  const quiet = place({ mode: "page" });
  await shown(quiet.shadow, "panel");
  expect(all(quiet.shadow, "voice")).toEqual([]);
});
