import { fill, type Text } from "../text";
import { h } from "./dom";

export function stars(n: number, text: Text): HTMLElement {
  return h(
    "span",
    { class: "stars", role: "img", "aria-label": fill(text.stars, { n }) },
    "★".repeat(n),
    n < 5 && h("span", { class: "missing" }, "☆".repeat(5 - n)),
  );
}

export function answeredMark(answered: boolean, text: Text): HTMLElement {
  return h("span", { class: answered ? "badge yes" : "badge" }, answered ? text.answered : text.unanswered);
}
