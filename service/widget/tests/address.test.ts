import { expect, test } from "vitest";
import { hashOf, type Place, placeIn } from "../src/address";
import { asked } from "../src/conversation";
import { asMarkdown } from "../src/take-along";

test.each<[string, Place]>([
  ["", { kind: "chat" }],
  ["#/outline", { kind: "outline" }],
  ["#/a/a-6f1e2d3c4b5a", { kind: "answer", id: "a-6f1e2d3c4b5a" }],
  ["#/e/3.8", { kind: "entry", id: "3.8", document: "", span: null }],
  ["#/e/3.8/120-180", { kind: "entry", id: "3.8", document: "", span: { start: 120, end: 180 } }],
  ["#/e/3.8/1-2?document=a%2Fb.md", { kind: "entry", id: "3.8", document: "a/b.md", span: { start: 1, end: 2 } }],
])("%s and its place are each other's", (hash, place) => {
  expect(placeIn(hash)).toEqual(place);
  expect(hashOf(place)).toBe(hash);
});

test.each(["#", "#top", "#/e/", "#/x/3.8", "#/e/3.8/9", "#/e/%E0%A4%A", "#/a/", "#/a/../x"])(
  "%s breaks nothing",
  (hash) => {
    expect(() => hashOf(placeIn(hash))).not.toThrow();
  },
);

test("a conversation is taken along with its sources as links", () => {
  const citation = {
    n: 1,
    document: "d.md",
    start: 3,
    end: 9,
    entry_id: "5.4",
    heading_path: ["五", "[四]"],
    quote: "引",
  };
  const turn = { ...asked("a", "什么\n是？"), phase: "done" as const, text: "答 [1]", citations: [citation] };
  const empty = asked("b", "还没有");
  expect(asMarkdown("标题", [turn, empty], ({ start, end }) => `https://host/#${start}-${end}`)).toBe(
    "# 标题\n\n## 什么 是？\n\n答 [1]\n\n- [\\[1\\]](https://host/#3-9) d.md › 五 › \\[四\\]\n",
  );
});
