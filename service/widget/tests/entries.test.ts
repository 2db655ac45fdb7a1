// Every entry of the shipped outline, as it is rendered: no sign of Markdown is left over.

import { describe, expect, it } from "vitest";
import { render } from "../src/markdown";
import { formula } from "../src/temml";
import { ENTRIES } from "./support/outline";

const LEFT = /\*\*|^\s*\|.*\|\s*$|\$\$|(?<!\\)\\[([]|^#{1,6} |```/m;

describe("the outline's entries", () => {
  it("are there", () => expect(ENTRIES.length).toBeGreaterThan(80));

  it.each(ENTRIES.map((entry, i) => [i, entry] as const))("%i leaves no sign behind", (_, entry) => {
    const fragment = render(entry);
    for (const math of fragment.querySelectorAll<HTMLElement>(".math")) {
      expect(() => formula(math.dataset.tex ?? "", math.classList.contains("display"))).not.toThrow();
      math.remove();
    }
    for (const code of fragment.querySelectorAll("pre, code")) code.remove();
    const text = Array.from(fragment.querySelectorAll("p, li, td, th, h4"), (element) => element.textContent);
    expect(text.filter((each) => LEFT.test(each ?? ""))).toEqual([]);
  });
});
