// Elements without markup: what files are called is text, whatever it looks like.

type Child = Node | string | null;

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Partial<HTMLElementTagNameMap[Tag]> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function button(label: string, act: () => unknown, className = ""): HTMLButtonElement {
  return element("button", { type: "button", className, onclick: () => void act() }, label);
}

export function table(heads: readonly [string, string][], rows: readonly Child[][]): HTMLElement {
  const cells = (tag: "th" | "td", row: readonly Child[]) =>
    row.map((cell, column) => element(cell ? tag : "td", { className: heads[column]?.[1] ?? "" }, cell));
  return element(
    "div",
    { className: "scroll", tabIndex: 0 },
    element(
      "table",
      {},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          ...cells(
            "th",
            heads.map(([head]) => head),
          ),
        ),
      ),
      element("tbody", {}, ...rows.map((row) => element("tr", {}, ...cells("td", row)))),
    ),
  );
}
