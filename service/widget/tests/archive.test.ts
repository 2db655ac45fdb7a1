import { beforeEach, expect, test, vi } from "vitest";
import { Archive } from "../src/archive";
import { Memory } from "../src/choices";
import { asked, type Turn } from "../src/conversation";
import { turnsIn } from "../src/records";
import { MemoryShelf } from "../src/shelf";

const SERVER = "https://host";

function turn(id: string, change: Partial<Turn> = {}): Turn {
  const citation = { n: 1, document: "d.md", start: 3, end: 9, entry_id: "5.4", heading_path: ["五"], quote: "引文🙂" };
  return {
    ...asked(id, `问 ${id}`),
    phase: "done",
    text: "答 [1]",
    answerId: "a-1",
    status: "answered",
    citations: [citation],
    ...change,
  };
}

const archive = (): Archive => new Archive(SERVER, new MemoryShelf());

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

test("a turn is written beside those that another tab wrote", async () => {
  const shelf = new MemoryShelf();
  const [one, other] = [new Archive(SERVER, shelf), new Archive(SERVER, shelf)];
  await one.put("c", turn("a"));
  await other.put("c", turn("b"));
  await one.put("c", turn("a", { text: "新" }));
  expect((await one.turns("c")).map(({ id, text }) => [id, text])).toEqual([
    ["a", "新"],
    ["b", "答 [1]"],
  ]);
  expect((await other.heads()).map(({ title, questions }) => [title, questions])).toEqual([["问 a", "问 a\n问 b"]]);
});

test("pinned conversations come first, then the last used; a name stays", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const kept = archive();
  for (const id of ["a", "b", "c"]) {
    vi.advanceTimersByTime(1000);
    await kept.put(id, turn(id));
  }
  await kept.pin("a", true);
  await kept.rename("b", "名字");
  vi.advanceTimersByTime(1000);
  await kept.put("b", turn("d"));
  expect((await kept.heads()).map(({ id, title }) => [id, title])).toEqual([
    ["a", "问 a"],
    ["b", "名字"],
    ["c", "问 c"],
  ]);
  vi.useRealTimers();
});

test("what was deleted can be brought back as it was", async () => {
  const kept = archive();
  await kept.put("a", turn("x"));
  await kept.pin("a", true);
  const before = [await kept.heads(), await kept.turns("a")];
  const removed = await kept.remove("a");
  expect(await kept.heads()).toEqual([]);
  expect(await kept.remove("a")).toBeNull();
  await kept.keep("a", removed?.turns ?? [], removed?.head);
  expect([await kept.heads(), await kept.turns("a")]).toEqual(before);
  await kept.clear();
  expect(await kept.heads()).toEqual([]);
});

test("a change of nothing makes nothing", async () => {
  const kept = archive();
  await kept.rename("none", "x");
  await kept.pin("none", true);
  expect(await kept.heads()).toEqual([]);
});

test("who listens hears of each change, until they leave", async () => {
  const kept = archive();
  const heard: (string | null)[] = [];
  const leave = kept.listen((id) => heard.push(id));
  await kept.put("a", turn("x"));
  await kept.clear();
  leave();
  await kept.put("b", turn("y"));
  expect(heard).toEqual(["a", null]);
});

test("a turn that was under way comes back stopped", () => {
  const turns = [turn("a", { phase: "streaming" }), turn("b", { phase: "waiting" })];
  expect(turnsIn(turns).map(({ phase }) => phase)).toEqual(["stopped", "stopped"]);
});

test.each([undefined, null, 7, "x", {}, [1], [null], [{ id: 1 }], [{ id: "a", question: "q" }]])(
  "%j restores nothing",
  (value) => expect(turnsIn(value)).toEqual([]),
);

test.each<[string, object]>([
  ["a citation without a quote", { citations: [{ n: 1, document: "d", start: 0, end: 1, entry_id: null }] }],
  ["an unknown phase", { phase: "x" }],
  ["an unknown status", { status: "x" }],
  ["a number for text", { text: 3 }],
  ["related that is no list", { related: {} }],
  ["stars without end", { related: [{ entry_id: "1", question: "q", stars: 1e9, answered: true }] }],
  ["a failure that is text", { failure: "x" }],
])("a turn with %s is dropped and the others stay", (_name, change) => {
  expect(turnsIn([{ ...turn("a"), ...change }, turn("b")]).map(({ id }) => id)).toEqual(["b"]);
});

test("what it lacked is known codes only; earlier versions had none", () => {
  const { lacks: _, ...earlier } = turn("a");
  const turns = turnsIn([earlier, { ...turn("b"), lacks: ["model", "x", 3] }]);
  expect(turns.map(({ lacks }) => lacks)).toEqual([[], ["model"]]);
});

test("what an earlier version kept is handed over once", () => {
  localStorage.setItem(`outline-qa:1:turns:${SERVER}`, JSON.stringify([turn("a")]));
  const memory = new Memory(SERVER);
  expect(turnsIn(memory.earlier())).toHaveLength(1);
  expect(memory.earlier()).toBeNull();
});

test("a blocked storage throws at nobody", () => {
  for (const name of ["getItem", "setItem", "removeItem"] as const) {
    vi.spyOn(Object.getPrototypeOf(localStorage), name).mockImplementation(() => {
      throw new DOMException("denied", "SecurityError");
    });
  }
  const memory = new Memory(SERVER);
  memory.choose({ lang: "en" });
  memory.keepDraft("new", "x");
  memory.current = "a";
  memory.leave("x");
  expect([memory.choices(), memory.draft("new"), memory.current, memory.left()]).toEqual([{}, "", "", {}]);
  vi.restoreAllMocks();
});

test("choices are remembered one by one, and nonsense is not", () => {
  const memory = new Memory(SERVER);
  memory.choose({ lang: "en" });
  memory.choose({ theme: "dark" });
  expect(memory.choices()).toEqual({ lang: "en", theme: "dark" });
  localStorage.setItem(`outline-qa:2:choices:${SERVER}`, '{"lang":"fr","theme":7}');
  expect(memory.choices()).toEqual({});
});

test("a draft is kept for its conversation alone", () => {
  const memory = new Memory(SERVER);
  memory.keepDraft("a", "半句");
  expect([memory.draft("a"), memory.draft("b"), new Memory("https://other").draft("a")]).toEqual(["半句", "", ""]);
  memory.keepDraft("a", "");
  expect(localStorage).toHaveLength(0);
});
