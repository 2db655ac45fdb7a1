import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { asked, type Turn } from "../src/conversation";
import { Storage } from "../src/storage";

const KEY = "outline-qa:1:turns:https://host";

function turn(id: string, change: Partial<Turn> = {}): Turn {
  const citation = {
    n: 1,
    document: "d.md",
    start: 3,
    end: 9,
    entry_id: "5.4",
    heading_path: ["五", "四"],
    quote: "引文🙂",
  };
  return {
    ...asked(id, "问"),
    phase: "done",
    text: "答 [1]",
    answerId: "a-1",
    status: "answered",
    citations: [citation],
    ...change,
  };
}

beforeEach(() => localStorage.clear());
afterEach(() => vi.restoreAllMocks());

test("what was saved comes back, with its citations", () => {
  const turns = [turn("a"), turn("b", { phase: "failed", status: null, failure: { kind: "busy", retryAfter: 3 } })];
  new Storage("https://host").save(turns);
  expect(new Storage("https://host").load()).toEqual(turns);
  expect(new Storage("https://other").load()).toEqual([]);
});

test("a turn that was under way comes back stopped", () => {
  new Storage("https://host").save([turn("a", { phase: "streaming" }), turn("b", { phase: "waiting" })]);
  expect(new Storage("https://host").load().map((one) => one.phase)).toEqual(["stopped", "stopped"]);
});

test.each(["", "{", "null", "7", '"x"', "{}", "[1]", "[null]", '[{"id":1}]', '[{"id":"a","question":"q"}]'])(
  "%s restores nothing",
  (text) => {
    localStorage.setItem(KEY, text);
    expect(new Storage("https://host").load()).toEqual([]);
  },
);

test.each<[string, object]>([
  [
    "a citation without a quote",
    { citations: [{ n: 1, document: "d", start: 0, end: 1, entry_id: null, heading_path: [] }] },
  ],
  ["an unknown phase", { phase: "x" }],
  ["an unknown status", { status: "x" }],
  ["a number for text", { text: 3 }],
  ["related that is no list", { related: {} }],
  ["a failure that is text", { failure: "x" }],
])("a turn with %s is dropped and the others stay", (_name, change) => {
  localStorage.setItem(KEY, JSON.stringify([{ ...turn("a"), ...change }, turn("b")]));
  expect(new Storage("https://host").load().map((one) => one.id)).toEqual(["b"]);
});

test("the newest turns that fit are kept", () => {
  const storage = new Storage("https://host");
  storage.save(Array.from({ length: 30 }, (_, i) => turn(`${i}`, { text: "量".repeat(100_000) })));
  const kept = storage.load();
  expect(kept.length).toBeGreaterThan(10);
  expect(kept.length).toBeLessThan(21);
  expect(kept.at(-1)?.id).toBe("29");
});

test("a full storage gets what it takes", () => {
  const real = Object.getPrototypeOf(localStorage).setItem as (key: string, value: string) => void;
  vi.spyOn(Object.getPrototypeOf(localStorage), "setItem").mockImplementation(function (
    this: unknown,
    ...args: unknown[]
  ) {
    const [key, value] = args as [string, string];
    if (value.length > 2500) throw new DOMException("full", "QuotaExceededError");
    real.call(localStorage, key, value);
  });
  const storage = new Storage("https://host");
  storage.save(Array.from({ length: 40 }, (_, i) => turn(`${i}`)));
  const kept = storage.load();
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.at(-1)?.id).toBe("39");
});

test("a blocked storage throws at nobody", () => {
  for (const name of ["getItem", "setItem", "removeItem"] as const) {
    vi.spyOn(Object.getPrototypeOf(localStorage), name).mockImplementation(() => {
      throw new DOMException("denied", "SecurityError");
    });
  }
  const storage = new Storage("https://host");
  storage.save([turn("a")]);
  storage.clear();
  storage.choose({ lang: "en" });
  expect(storage.load()).toEqual([]);
  expect(storage.choices()).toEqual({});
});

test("choices are remembered one by one, and nonsense is not", () => {
  const storage = new Storage("https://host");
  storage.choose({ lang: "en" });
  storage.choose({ theme: "dark" });
  expect(storage.choices()).toEqual({ lang: "en", theme: "dark" });
  localStorage.setItem("outline-qa:1:choices:https://host", '{"lang":"fr","theme":7}');
  expect(storage.choices()).toEqual({});
});
