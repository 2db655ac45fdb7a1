import { describe, expect, test } from "vitest";
import { highlight } from "../src/highlight";
import { blocks, render, sanitize } from "../src/markdown";
import { formula } from "../src/temml";

function show(markdown: string): HTMLElement {
  const root = document.createElement("div");
  root.append(render(markdown));
  return root;
}

const HARMLESS = new Set(
  "P BR STRONG EM DEL A CODE PRE UL OL LI BLOCKQUOTE H4 HR TABLE THEAD TBODY TR TH TD SPAN".split(" "),
);

/** Nothing in it can run, load or style. */
function expectHarmless(root: HTMLElement): void {
  for (const element of root.querySelectorAll("*")) {
    expect(HARMLESS).toContain(element.tagName.toUpperCase());
    for (const { name, value } of element.attributes) {
      expect(["href", "target", "rel", "class", "start", "align", "dir", "data-tex"]).toContain(name);
      if (name === "href") expect(value).toMatch(/^(https?|mailto):/);
    }
  }
}

describe("hostile text", () => {
  test.each([
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<svg onload=alert(1)><style>*{}</style></svg>",
    '<div style="position:fixed" onclick="alert(1)">x</div>',
    "<iframe srcdoc='<script>1</script>'></iframe>",
    "<math><mtext><table><mglyph><style><img src onerror=alert(1)>",
    'a <b title="</b><img src=x onerror=alert(1)>"> c',
  ])("%s is shown as it is written", (html) => {
    for (const text of [html, `- ${html}`, `> ${html}`, `# ${html}`, `| a |\n|---|\n| ${html.replaceAll("|", "")} |`]) {
      const root = show(text);
      expectHarmless(root);
      expect(root.textContent?.replace(/\s/g, "")).toContain(html.replace(/\s/g, ""));
    }
  });

  test("the outline's <s>, <NUM> and <div> survive in prose and in code", () => {
    const root = show("标记 <s> 与 </s>，<NUM>，<div>块</div>，`<p>`");
    expect(root.textContent?.trim()).toBe("标记 <s> 与 </s>，<NUM>，<div>块</div>，<p>");
    expectHarmless(root);
  });

  test.each([
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,<script>1</script>)",
    "[x](vbscript:1)",
    "[x](//evil.example)",
    "[x](/v1/token)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "[x]( java\nscript:alert(1))",
  ])("%s is no link", (text) => {
    const root = show(text);
    expect(root.querySelector("a")).toBeNull();
    expectHarmless(root);
  });

  test("links leave for a new page and take nothing along", () => {
    const link = show("[站](https://example.com/?a=1&b=2)").querySelector("a");
    expect(link?.href).toBe("https://example.com/?a=1&b=2");
    expect(link?.target).toBe("_blank");
    expect(link?.rel).toBe("noopener noreferrer nofollow");
  });

  test("an image becomes a link with its words, and loads nothing", () => {
    const root = show("![图一](https://evil.example/x.png) ![](https://evil.example/y.png)");
    expect(root.querySelector("img")).toBeNull();
    expect(Array.from(root.querySelectorAll("a"), (a) => a.textContent)).toEqual([
      "图一",
      "https://evil.example/y.png",
    ]);
  });

  test("a broken fence is code to the end, at every length of it", () => {
    const text = "前\n\n```python\nprint('<img src=x onerror=alert(1)>')\n\n后 [1]";
    for (let i = 0; i <= text.length; i++) expectHarmless(show(text.slice(0, i)));
    expect(show(text).querySelector("pre code")?.textContent).toContain("后 [1]");
  });

  test("a language with signs in it cannot leave its class", () => {
    const code = show('```x"onmouseover="alert(1)\ny\n```').querySelector("code");
    expect(code?.className).toBe("language-x");
  });

  test("10,000 characters without a space, and nesting without end, come through", () => {
    expect(show("A".repeat(10_000)).textContent?.trim()).toHaveLength(10_000);
    expectHarmless(show(`${"> ".repeat(200)}x`));
    expectHarmless(show("*".repeat(2000) + "[".repeat(2000)));
  });

  test("text from right to left keeps to its own paragraph", () => {
    const [first, second] = show("مرحبا 123\n\nabc").querySelectorAll("p");
    expect(first?.getAttribute("dir")).toBe("auto");
    expect(second?.getAttribute("dir")).toBe("auto");
  });

  test("the second wall takes out what a renderer might let pass", () => {
    const root = document.createElement("div");
    root.append(
      sanitize(
        '<a href="javascript:1" style="x" onclick="1" id="i">a</a><img src=x onerror=1><form><input></form><p data-x="1">b</p>',
      ),
    );
    expectHarmless(root);
    expect(root.textContent).toBe("ab");
  });
});

describe("formulas", () => {
  function formulas(markdown: string): [string | undefined, boolean][] {
    return Array.from(show(markdown).querySelectorAll<HTMLElement>(".math"), (m) => [
      m.dataset.tex,
      m.classList.contains("display"),
    ]);
  }

  test.each<[string, [string, boolean][]]>([
    [
      "位置 $$pos$$ 与 $$0 \\leq i < 2$$。",
      [
        ["pos", false],
        ["0 \\leq i < 2", false],
      ],
    ],
    [
      "输入 $x_1$ 与 $h_{t-1}$ 的 \\(a_b\\)",
      [
        ["x_1", false],
        ["h_{t-1}", false],
        ["a_b", false],
      ],
    ],
    ["前\n$$\nE = mc^2\n$$\n后", [["E = mc^2", true]]],
    ["- 项\n\n  $$\n  x\n  $$", [["x", true]]],
    ["\\[ a + b \\]", [["a + b", true]]],
    ["其中 \\( $d_k$ \\) 是", [["d_k", false]]],
    [
      "$a*b$ 与 $c*d$",
      [
        ["a*b", false],
        ["c*d", false],
      ],
    ],
  ])("%s", (markdown, expected) => {
    expect(formulas(markdown)).toEqual(expected);
  });

  test.each(["价 $5 和 $10", "`$x$` 与 ``$y$``", "```\n$$x$$\n```", "a $ b $ c", "\\(\\) $$$$", "$x"])(
    "%s holds none",
    (markdown) => {
      expect(formulas(markdown)).toEqual([]);
    },
  );

  test("the source stays readable until Temml has set it", () => {
    expect(show("值 $x<y$").textContent?.trim()).toBe("值 $x<y$");
  });

  test("Temml gives MathML without styles or scripts; what it cannot read is an error", () => {
    const root = document.createElement("div");
    root.append(sanitize(formula("\\frac{a}{b} \\color{red} x \\boxed{y} \\rule{1000em}{1000em}", true)));
    expect(root.querySelector("math mfrac")).not.toBeNull();
    expect(root.querySelector("[style], a, script")).toBeNull();
    for (const command of ["\\href{javascript:alert(1)}{x}", "\\htmlStyle{color:red}{y}", "\\frac{1}{"])
      expect(() => formula(command, false)).toThrow();
    expect(() => formula("\\undefinedmacro", false)).toThrow();
    expect(() => formula("\\def\\x{\\x\\x}\\x", false)).toThrow();
  });
});

describe("Markdown", () => {
  test("blocks rendered one by one give what the whole gives", () => {
    const text =
      "# 标题\n\n段 **粗**\n\n- a\n  - b\n\n```python\nx = 1\n\ny = 2\n```\n\n$$\nz\n$$\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[1]";
    const parts = blocks(text);
    expect(parts).toHaveLength(7);
    const whole = show(text).innerHTML;
    expect(
      parts
        .map((part) => show(part).innerHTML)
        .join("")
        .replace(/\s+/g, " "),
    ).toBe(whole.replace(/\s+/g, " "));
  });

  test("bold text beside Chinese punctuation is bold", () => {
    const root = show("将权重**动态地反量化（De-quantize）**回到；**“粗”**的");
    expect(Array.from(root.querySelectorAll("strong"), (s) => s.textContent)).toEqual([
      "动态地反量化（De-quantize）",
      "“粗”",
    ]);
    expect(show("2**3**4 `**（a）**`").textContent?.trim()).toContain("**（a）**");
  });

  test("a table whose delimiter row lost its dashes is a table", () => {
    const root = show("|  类型 | **静态** |\n|  |  |\n| a | b |\n|  | c |");
    expect(root.querySelectorAll("th")).toHaveLength(2);
    expect(root.querySelectorAll("tbody tr")).toHaveLength(2);
    expect(show("```\n| a |\n|  |\n```").querySelector("table")).toBeNull();
  });

  test("headings stand below the panel's", () => {
    expect(show("# 一\n\n###### 六").querySelectorAll("h4")).toHaveLength(2);
  });

  test("highlighting escapes the code and guesses only when it is sure", () => {
    const found = highlight('print("<img src=x>")', "python");
    expect(found?.html).toContain("&lt;img");
    expect(found?.html).not.toContain("<img");
    expect(highlight("plain words only", "")).toBeNull();
    expect(highlight("x", "no-such-language")).toBeNull();
    expect(
      highlight(
        "import torch\nfrom torch import nn\n\nclass A(nn.Module):\n    def __init__(self, size=512):\n        super().__init__()\n        self.x = nn.Linear(size, 4)\n    def forward(self, x):\n        return self.x(x)\n",
        "",
      )?.language,
    ).toBe("python");
  });
});
