import { expect, test } from "vitest";
import manifest from "../custom-elements.json";
import { attributesOf, EVENTS, ATTRIBUTES as WRAPPED } from "../src/package/manifest";
import { ATTRIBUTES } from "../src/settings";
import type { Signals } from "../src/signals";

const NAMES: Record<keyof Signals, true> = {
  ready: true,
  open: true,
  close: true,
  ask: true,
  answer: true,
  citation: true,
  feedback: true,
  error: true,
};

test("the manifest says what the element has; `npm run manifest` makes it", () => {
  expect(WRAPPED.toSorted()).toEqual(ATTRIBUTES.toSorted());
  expect(EVENTS.toSorted()).toEqual(Object.keys(NAMES).toSorted());
  const [element] = manifest.modules[0]?.declarations ?? [];
  const methods = element?.members?.filter(({ kind }) => kind === "method").map(({ name }) => name);
  expect(methods).toEqual(["open", "close", "toggle", "ask", "clear", "setLocale", "destroy"]);
});

test("a flag stands on the element without a value, what is not given not at all", () => {
  expect(attributesOf({ lang: "en", open: true, addresses: false, title: undefined, onAnswer: () => 1 })).toEqual({
    lang: "en",
    open: "",
  });
});
