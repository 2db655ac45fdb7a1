import { describe, expect, it } from "vitest";
import { blocks, render } from "../src/markdown";
import { shallow, tangled } from "../src/tangles";
import { OUTLINE } from "./support/outline";

describe("a tangle", () => {
  it.each(["$", "_", "*", "[", "`", "<", "$a ", "_a ", "a_ ", "\\(", "a."])("of %s is shown as it stands", (sign) => {
    const text = sign.repeat(Math.ceil(20_000 / sign.length));
    const [block, ...rest] = blocks(text);
    expect(rest).toEqual([]);
    expect(tangled(block ?? "")).toBe(true);
    const fragment = render(text);
    expect(fragment.querySelectorAll("*")).toHaveLength(1);
    expect(fragment.textContent).toBe(text.trim());
  });

  it.each([">", "1. ", "> - "])("of %s is no deeper than can be followed", (sign) => {
    const fragment = render(`${sign.repeat(1500)}end`);
    expect(fragment.textContent).toContain("end");
    expect(fragment.querySelectorAll("blockquote, li").length).toBeLessThan(60);
  });

  it("is nothing that the outline has", () => {
    expect(shallow(OUTLINE)).toBe(OUTLINE);
    expect(blocks(OUTLINE).filter(tangled)).toEqual([]);
  });
});
