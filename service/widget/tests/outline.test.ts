import { expect, test } from "vitest";
import { contrast, type Rgb, readable, textOn } from "../src/colour";
import type { OutlineEntry, OutlineResponse } from "../src/contract";
import { filtered, findEntry } from "../src/outline";
import { LANGUAGES, sayFailure, sayLacks, spoken, textFor, textIn, translated } from "../src/text";
import { dealt } from "../src/views/welcome";

const TEXTS = { zh: await textIn("zh"), en: await textIn("en") };

function entry(id: string, question: string, stars: number, answered: boolean): OutlineEntry {
  return { id, number: Number(id.split(".")[1]), question, stars, answered };
}

const OUTLINE: OutlineResponse = {
  index_version: "v",
  documents: ["d"],
  speech: { zh: { name: "大纲", about: "", questions: [] } },
  sections: [
    {
      number: 1,
      title: "一",
      document: "d",
      entries: [
        entry("1.1", "什么是 LoRA？", 5, true),
        entry("1.2", `长${"长".repeat(60)}`, 5, true),
        entry("1.3", "旧题", 3, true),
      ],
    },
    {
      number: 2,
      title: "二",
      document: "d",
      entries: [entry("2.1", "没有答案", 5, false), entry("2.2", "ＱＬｏＲＡ 的权衡", 4, true)],
    },
    { number: 3, title: "三", document: "d", entries: [entry("3.1", "注意力", 5, true)] },
  ],
};

const ids = (words: string, minStars = 0): string[] =>
  filtered(OUTLINE, { words, minStars }).flatMap((section) => section.entries.map(({ id }) => id));

test("words are found in any case and width, all of them, and by number", () => {
  expect(ids("lora")).toEqual(["1.1", "2.2"]);
  expect(ids("qlora 权衡")).toEqual(["2.2"]);
  expect(ids("3.1")).toEqual(["3.1"]);
  expect(ids("无此题")).toEqual([]);
  expect(ids("  ")).toHaveLength(6);
});

test("stars leave those with at least as many", () => {
  expect(ids("", 5)).toEqual(["1.1", "1.2", "2.1", "3.1"]);
  expect(ids("lora", 5)).toEqual(["1.1"]);
});

test("suggestions turn, and none is shown twice at once", () => {
  expect(dealt(["a", "b", "c"], 2, 0)).toEqual(["a", "b"]);
  expect(dealt(["a", "b", "c"], 2, 1)).toEqual(["c", "a"]);
  expect(dealt(["a"], 4, 3)).toEqual(["a"]);
  expect(dealt([], 4, 0)).toEqual([]);
});

test("an id that two documents have is found in the one that is named", () => {
  const [first] = OUTLINE.sections;
  const other = { ...first, document: "e", entries: [entry("1.1", "别的？", 3, true)] } as (typeof OUTLINE.sections)[0];
  const both = { ...OUTLINE, sections: [...OUTLINE.sections, other] };
  expect(findEntry(both, { id: "1.1", document: "e" })?.question).toBe("别的？");
  expect(findEntry(both, { id: "1.1" })?.question).toBe("什么是 LoRA？");
  expect(findEntry(both, { id: "1.1", document: "f" })).toBeUndefined();
});

test("an entry is found by its number", () => {
  expect(findEntry(OUTLINE, { id: "2.2" })?.stars).toBe(4);
  expect(findEntry(OUTLINE, { id: "9.9" })).toBeUndefined();
});

test("text on and in any accent can be read", () => {
  const white: Rgb = [255, 255, 255];
  expect(contrast([0, 0, 0], white)).toBeCloseTo(21);
  for (const accent of [
    [245, 197, 24],
    [58, 86, 197],
    [255, 255, 255],
    [0, 0, 0],
    [128, 128, 128],
    [255, 0, 0],
  ] as Rgb[]) {
    expect(contrast(textOn(accent), accent)).toBeGreaterThanOrEqual(4.4);
    for (const ground of [white, [27, 28, 31]] as Rgb[])
      expect(contrast(readable(accent, ground), ground)).toBeGreaterThanOrEqual(4.6);
  }
});

test("both languages say the same things, and failures say what to do", () => {
  expect(Object.keys(TEXTS.en).sort()).toEqual(Object.keys(TEXTS.zh).sort());
  for (const text of [TEXTS.zh, TEXTS.en]) {
    for (const kind of ["offline", "network", "cut", "forbidden", "locked", "garbled", "forgotten"] as const)
      expect(sayFailure({ kind }, text)).toBe(text.failure[kind]);
    expect(sayFailure({ kind: "problem", status: 413, detail: "x" }, text)).toBe(text.failure.tooLarge);
    expect(sayFailure({ kind: "problem", status: 500, detail: "id 7" }, text)).toContain("id 7");
  }
});

test("a language is named as its texts name it, and a heading speaks that of the words below it", () => {
  for (const [language, { name, tag }] of Object.entries(LANGUAGES) as ["zh" | "en", { name: string; tag: string }][])
    expect([name, tag]).toEqual([TEXTS[language].name, TEXTS[language].lang]);
  expect(textFor("The documents do not say.", TEXTS.zh)).toBe(TEXTS.en);
  expect(textFor("LoRA", TEXTS.zh)).toBe(TEXTS.zh);
  const own = translated(TEXTS.en, { send: "Senden" }, () => undefined);
  expect(textFor("文档里没有。", own)).toBe(own);
});

test("a text is in a language, a name in none", () => {
  expect(spoken("什么是 LoRA？")).toBe("zh");
  expect(spoken("What is LoRA?")).toBe("en");
  for (const name of ["LoRA", "RAG vs CAG", "fp16", "3.8", "🙂", "text-embedding-3-large"])
    expect(spoken(name)).toBeNull();
});

test("a visitor is told what they can use", () => {
  expect(sayLacks(["reranking"], TEXTS.en)).toBe("");
  expect(sayLacks(["reranking", "model"], TEXTS.zh)).toBe(TEXTS.zh.lacks.model);
});

test("a page's own texts stand over the English ones; what is wrong is named", () => {
  const wrong: string[] = [];
  const text = translated(
    TEXTS.en,
    { send: "Senden", chats: { title: "Verlauf", open: 3 }, nosuch: "x", constructor: "y" },
    (key) => wrong.push(key),
  );
  expect([text.send, text.chats.title, text.stop]).toEqual(["Senden", "Verlauf", TEXTS.en.stop]);
  expect(wrong).toEqual(["chats.open", "nosuch", "constructor"]);
  expect(translated(TEXTS.en, ["x"], (key) => wrong.push(key))).toBe(TEXTS.en);
});
