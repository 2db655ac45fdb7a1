import { expect, test } from "vitest";
import { marksIn, pieces, placeChips, withSources } from "../src/citations";
import { render } from "../src/markdown";

function chips(markdown: string, ...known: number[]): HTMLElement {
  const root = document.createElement("div");
  root.append(render(markdown));
  placeChips(root, new Set(known), (n) => {
    const chip = document.createElement("button");
    chip.className = "cite";
    chip.textContent = String(n);
    return chip;
  });
  return root;
}

function numbers(root: HTMLElement): number[] {
  return Array.from(root.querySelectorAll(".cite"), (chip) => Number(chip.textContent));
}

test("only marks with a citation are cut out", () => {
  expect(pieces("一句 [1][2] 另 [3]。", new Set([1, 3]))).toEqual([
    { text: "一句 ", n: null },
    { text: "[1]", n: 1 },
    { text: "[2] 另 ", n: null },
    { text: "[3]", n: 3 },
    { text: "。", n: null },
  ]);
  expect(pieces("[0] [01] [12345] [a]", new Set([12345]))).toEqual([{ text: "[0] [01] [12345] [a]", n: null }]);
});

test("a block's marks change as citations arrive", () => {
  expect(marksIn("a [1] b [2] [1]", new Set())).toBe("");
  expect(marksIn("a [1] b [2] [1]", new Set([1]))).toBe("1,1");
  expect(marksIn("a [1] b [2] [1]", new Set([1, 2]))).toBe("1,2,1");
});

test("marks become chips in paragraphs, lists, tables and bold text", () => {
  const root = chips("a **b [1]**\n\n- c [2][3]\n\n| x |\n|---|\n| y [4] |", 1, 2, 3, 4);
  expect(numbers(root)).toEqual([1, 2, 3, 4]);
  expect(root.textContent).not.toContain("[");
});

test("marks in code, formulas and links stay text", () => {
  const root = chips("`x[1]` $a[1]$ [the [1] page](https://example.com)\n\n```\ny[1]\n```\n\n[1]", 1);
  expect(numbers(root)).toEqual([1]);
  expect(root.querySelector("code")?.textContent).toBe("x[1]");
  expect(root.querySelector("pre")?.textContent).toContain("y[1]");
});

test("a definition or an address cannot swallow a mark", () => {
  expect(numbers(chips("a [1][2]\n\n[2]: https://evil.example", 1, 2))).toEqual([1, 2, 2]);
  expect(numbers(chips("a [1](补充)", 1))).toEqual([1]);
});

test("a chip stays with the sentence before it, and marks alone are set apart", () => {
  const root = chips("一句。 [1]\n\n```\nx\n```\n\n[2]", 1, 2);
  expect(root.querySelector("p")?.textContent).toBe("一句。1");
  expect(root.querySelector(".tied")?.textContent).toBe("。1");
  expect(Array.from(root.querySelectorAll("p"), (p) => p.classList.contains("marks"))).toEqual([false, true]);
});

test("several chips stay together, and after bold text with its end", () => {
  const root = chips("甲🙂 [1][2] 乙\n\n- **丙** [3] [4]", 1, 2, 3, 4);
  expect(Array.from(root.querySelectorAll(".tied"), (one) => one.textContent)).toEqual(["🙂12", "丙34"]);
  expect(root.querySelector("strong .tied")).not.toBeNull();
  expect(numbers(root)).toEqual([1, 2, 3, 4]);
  expect(root.querySelector("p")?.textContent).toBe("甲🙂12 乙");
});

test("a copied answer names the places of its marks", () => {
  const citation = {
    n: 1,
    document: "d.md",
    start: 0,
    end: 1,
    entry_id: "5.4",
    heading_path: ["5. 微调", "什么是QLoRA？"],
    quote: "x",
  };
  expect(withSources("答 [1]", [citation])).toBe("答 [1]\n\n[1] d.md › 5. 微调 › 什么是QLoRA？");
  expect(withSources("答", [])).toBe("答");
  const others = [citation, { ...citation, n: 2, heading_path: ["6. 评估"] }, { ...citation, n: 3 }];
  expect(withSources("答", others)).toBe("答\n\n[1][3] d.md › 5. 微调 › 什么是QLoRA？\n[2] d.md › 6. 评估");
});

test("a document's own numbers in brackets are shown and are no marks", () => {
  const root = chips("文献[2\\]说叶片要薄，另见 [1, 2\\] 与 [^1\\]。 [1][2]", 1, 2);
  expect(numbers(root)).toEqual([1, 2]);
  expect(root.textContent).toContain("文献[2]说叶片要薄，另见 [1, 2] 与 [^1]。");
  expect(marksIn("文献[2\\]说。 [1]", new Set([1, 2]))).toBe("1");
  expect(numbers(chips("[[1\\]](https://a.example) 之后 [1]", 1))).toEqual([1]);
});
