import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { Composer } from "../../src/views/composer";
import type { Context } from "../../src/views/context";
import { furnish } from "../support/browser";
import { all, by, context, DONE, serve, stream } from "../support/context";

beforeAll(furnish);
beforeEach(() => {
  localStorage.clear();
  document.body.replaceChildren();
});
afterEach(() => vi.unstubAllGlobals());

function place(shared: Context, expected = (): void => undefined): { composer: Composer; area: HTMLTextAreaElement } {
  const composer = new Composer(shared, document.createElement("button"), "", expected);
  document.body.append(composer.element);
  return { composer, area: by(composer.element, "composer") as HTMLTextAreaElement };
}

function type(area: HTMLTextAreaElement, text: string): void {
  area.value = text;
  area.dispatchEvent(new Event("input"));
}

function press(area: HTMLElement, key: string, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  area.dispatchEvent(event);
  return event;
}

test("Enter sends; Shift + Enter and an input method's Enter do not", async () => {
  const shared = await context();
  const { area } = place(shared);
  type(area, " 什么是 LoRA？ ");
  press(area, "Enter", { shiftKey: true });
  press(area, "Enter", { isComposing: true });
  expect(shared.asked).toEqual([]);
  expect(press(area, "Enter").defaultPrevented).toBe(true);
  expect(shared.asked).toEqual([["ask", "什么是 LoRA？"]]);
  expect(area.value).toBe("");
});

test("what an answer needs is asked for while a question is written, not before", async () => {
  const expected = vi.fn();
  const { area } = place(await context(), expected);
  type(area, "");
  expect(expected).not.toHaveBeenCalled();
  type(area, "什");
  expect(expected).toHaveBeenCalledOnce();
});

test("a long question is counted and held back, never cut", async () => {
  const shared = await context();
  const { composer, area } = place(shared);
  type(area, "长".repeat(2003));
  expect(by(composer.element, "count").textContent).toBe("At most 2000 characters; 3 too many.");
  expect(area.getAttribute("aria-invalid")).toBe("true");
  press(area, "Enter");
  expect(shared.asked).toEqual([]);
  expect(area.value).toHaveLength(2003);
});

test("what was written is there again after a reload", async () => {
  const { area } = place(await context());
  type(area, "半句");
  const { composer } = place(await context());
  composer.take();
  expect(composer.draft).toBe("半句");
});

test("Up changes the last question, in a conversation of its own", async () => {
  serve((path) => (path === "/v1/ask" ? stream(["done", DONE]) : null));
  const shared = await context();
  const { composer, area } = place(shared);
  shared.session.ask("一");
  await vi.waitFor(() => expect(shared.session.busy).toBe(false));
  const before = shared.session.id;
  press(area, "ArrowUp");
  expect([area.value, by(composer.element, "editing").hidden]).toEqual(["一", false]);
  type(area, "另");
  press(area, "Enter");
  await vi.waitFor(() => expect(shared.session.turns.map(({ question }) => question)).toEqual(["另"]));
  expect(shared.session.id).not.toBe(before);
});

test("a question is spoken where the browser can hear and the reader wants it", async () => {
  class Recognition extends EventTarget {
    static readonly made: Recognition[] = [];
    lang = "";
    start(): void {
      Recognition.made.push(this);
    }
    stop(): void {
      this.dispatchEvent(new Event("end"));
    }
    say(...texts: string[]): void {
      const results = texts.map((transcript) => [{ transcript }]);
      this.dispatchEvent(Object.assign(new Event("result"), { results }));
    }
  }
  expect(all(place(await context({ voice: true })).composer.element, "dictate")).toEqual([]);
  vi.stubGlobal("webkitSpeechRecognition", Recognition);
  expect(all(place(await context()).composer.element, "dictate")).toEqual([]);
  const shared = await context({ voice: true });
  const { composer, area } = place(shared);
  const button = by(composer.element, "dictate");
  type(area, "About");
  button.click();
  const [heard] = Recognition.made;
  heard?.say("what is", " LoRA");
  expect([area.value, heard?.lang, button.getAttribute("aria-pressed")]).toEqual(["About what is LoRA", "en", "true"]);
  button.click();
  expect(button.getAttribute("aria-pressed")).toBe("false");
  button.click();
  Recognition.made[1]?.dispatchEvent(Object.assign(new Event("error"), { error: "not-allowed" }));
  Recognition.made[1]?.stop();
  expect(shared.asked).toEqual([["announce", shared.text.dictateFailed]]);
});
