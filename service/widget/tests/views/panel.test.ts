// Toggles whose code is loaded when they are pressed first.

import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { textIn } from "../../src/text";
import { Shortcuts } from "../../src/views/shortcuts";
import { furnish } from "../support/browser";
import { all, by, SERVER, serve } from "../support/context";

const EMPTY = { title: "大纲", sections: [], documents: [], index_version: "v1" };

let shadow: ShadowRoot;

beforeAll(async () => {
  furnish();
  await import("../../src/main");
});
// Each test's panel is a new one, and its panes are not loaded yet.
beforeEach(async () => {
  serve((path) => (path.startsWith("/v1/outline") ? Response.json(EMPTY) : null));
  const element = document.createElement("outline-qa");
  for (const [name, value] of Object.entries({ server: SERVER, lang: "en", mode: "inline" }))
    element.setAttribute(name, value);
  document.body.replaceChildren(element);
  shadow = element.shadowRoot as ShadowRoot;
  await vi.waitFor(() => by(shadow, "panel"), 15_000);
});
afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

const shown = (pane: string): number => shadow.querySelectorAll(`${pane}:not([hidden])`).length;

test.each([
  ["outline-toggle", ".aside"],
  ["chats-toggle", ".chats"],
])("%s pressed twice while its pane is loading leaves it closed, and three times opens one", async (name, pane) => {
  const toggle = by(shadow, name);
  toggle.click();
  toggle.click();
  expect(toggle.getAttribute("aria-expanded")).toBe("false");
  await vi.waitFor(() => expect(all(shadow, "panel")).toHaveLength(1));
  await loaded();
  expect(shown(pane)).toBe(0);
  toggle.click();
  await vi.waitFor(() => expect(shown(pane)).toBe(1));
  toggle.click();
  expect(shown(pane)).toBe(0);
  toggle.click();
  toggle.click();
  toggle.click();
  await loaded();
  expect([shown(pane), shadow.querySelectorAll(pane).length]).toEqual([1, 1]);
  expect(toggle.getAttribute("aria-expanded")).toBe("true");
});

test("Escape while the outline is loading calls it off", async () => {
  by(shadow, "outline-toggle").click();
  by(shadow, "panel").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  await loaded();
  expect(shown(".aside")).toBe(0);
});

test('in a page of another site "/" leads to the question and Ctrl-K is the site\'s', () => {
  const press = (key: string, ctrlKey = false): boolean =>
    by(shadow, "menu").dispatchEvent(
      new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true, cancelable: true, composed: true }),
    );
  by(shadow, "menu").focus();
  expect([press("k", true), shadow.activeElement]).toEqual([true, by(shadow, "menu")]);
  expect([press("/"), shadow.activeElement]).toEqual([false, by(shadow, "composer")]);
});

test.each([
  [true, ["/", "Ctrl K", "↑", "Enter", "Esc", "?"]],
  [false, ["/", "↑", "Enter", "Esc", "?"]],
])("the list of keys names those that work: a page of its own %s", async (page, keys) => {
  const { element } = new Shortcuts(await textIn("en"), page);
  expect(Array.from(element.querySelectorAll("kbd"), (key) => key.textContent)).toEqual(keys);
});

/** Long enough for the panes' modules, which the first test has loaded, to be given out again. */
async function loaded(): Promise<void> {
  await Promise.all([import("../../src/views/aside"), import("../../src/views/chats")]);
  await new Promise((resolve) => setTimeout(resolve, 50));
}
