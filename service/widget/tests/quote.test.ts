import { expect, test } from "vitest";
import { render } from "../src/markdown";
import { compact, dedent, lengthOf, markQuote, nearest } from "../src/quote";
import { wordsAround } from "../src/views/popover";

function rendered(markdown: string): HTMLElement {
  const root = document.createElement("div");
  root.append(render(markdown));
  return root;
}

function marked(text: string, quote: string, from = 0): string {
  const root = rendered(text);
  markQuote(root, rendered(dedent(quote)), lengthOf(rendered(text.slice(0, text.indexOf(quote, from)))));
  return Array.from(root.querySelectorAll("mark"), (mark) => mark.textContent).join("|");
}

test("white space is left out, and each character knows where it was", () => {
  const { text, part, offset } = compact(["a b", " ", "\n量 c"]);
  expect(text).toBe("ab量c");
  expect(part).toEqual([0, 0, 2, 2]);
  expect(offset).toEqual([0, 2, 1, 3]);
});

test("of several places the nearest is taken", () => {
  expect(nearest("abXcdXefX", "X", 0)).toBe(2);
  expect(nearest("abXcdXefX", "X", 6)).toBe(5);
  expect(nearest("abXcdXefX", "X", 9)).toBe(8);
  expect(nearest("abc", "", 1)).toBe(-1);
  expect(nearest("abc", "z", 1)).toBe(-1);
});

test("a rendered text is as long as its letters and its formulas' sources", () => {
  expect(lengthOf(rendered("- **甲** `b`\n- $x^2$"))).toBe(5);
});

test("of the same words in a list and in a heading the ones at the place are marked", () => {
  const text = `- **残差连接**\n- **归一化**\n\n${"前文。".repeat(9)}\n\n#### a. 残差连接\n\n${"后文。".repeat(90)}`;
  const root = rendered(text);
  markQuote(root, rendered("- **残差连接**"), 0);
  expect(root.querySelector("li mark")?.textContent).toBe("残差连接");
  expect(root.querySelectorAll("mark")).toHaveLength(1);
});

test("a quote with bold text and code is marked across its parts", () => {
  expect(marked("前。\n\n- **计算时间**: 用 `NF4` 时稍慢。\n- 后", "- **计算时间**: 用 `NF4` 时稍慢。")).toBe(
    "计算时间|: 用 |NF4| 时稍慢。",
  );
});

test("emoji before the quote do not shift it", () => {
  expect(marked(`${"🙂".repeat(40)}重复。中间的话很长很长。重复。`, "重复。", 85)).toBe("重复。");
  const root = rendered(`${"🙂".repeat(40)}重复。\n\n${"中".repeat(40)}\n\n重复。`);
  const text = `${"🙂".repeat(40)}重复。\n\n${"中".repeat(40)}\n\n重复。`;
  markQuote(root, rendered("重复。"), lengthOf(rendered(text)) - 3);
  expect(root.querySelector("p:last-of-type mark")?.textContent).toBe("重复。");
  expect(root.querySelectorAll("mark")).toHaveLength(1);
});

test("a quote broken over lines and indented is found", () => {
  expect(marked("- 甲\n  - 乙一\n    乙二\n- 丙", "  - 乙一\n    乙二").replace(/\s/g, "")).toBe("乙一乙二");
});

test("formulas are marked whole, by their source", () => {
  const root = rendered("给定 $$pos$$。\n\n$$\nE = mc^2\n$$\n\n其中");
  const first = markQuote(root, rendered("$$\nE = mc^2\n$$"), 6);
  expect(first?.querySelector(".math")?.getAttribute("data-tex")).toBe("E = mc^2");
});

test("a fence and a table are found as they are rendered", () => {
  expect(marked("前\n\n```python\nx = 1\ny = 2\n```\n\n后", "```python\nx = 1\ny = 2\n```")).toBe("x = 1\ny = 2");
  expect(marked("前\n\n| a | b |\n|---|---|\n| 一 | 二 |", "| a | b |\n|---|---|\n| 一 | 二 |")).toBe("a|b|一|二");
});

test("a quote that is not there marks the block at its place", () => {
  const root = rendered("第一段。\n\n第二段在这里，后面改了。\n\n第三段。");
  const block = markQuote(root, rendered("第二段在这里，后面原来是别的话。"), 4);
  expect(block?.tagName).toBe("P");
  expect(block?.classList.contains("marked")).toBe(true);
  expect(block?.textContent).toContain("第二段");
});

test("the words around a quote are cut by code points and freed of signs", () => {
  const text = "🙂**前**文。- **引用**🙂。\n- 后 `文`";
  const quote = "- **引用**🙂。";
  const start = 100 + Array.from(text.slice(0, text.indexOf(quote))).length;
  const part = { document: "d", start: 100, end: 100 + Array.from(text).length, text, length: 1000 };
  const end = start + Array.from(quote).length;
  expect(wordsAround(part, start, end, quote)).toEqual({ before: "🙂前文。", after: "后 文" });
  expect(wordsAround(part, start + 1, end + 1, quote)).toBeNull();
});
