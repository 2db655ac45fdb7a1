// What failed, said to the reader, with a button to try again where that may help.

import type { Failure } from "../failure";
import { fill, sayFailure, type Text } from "../text";
import { h } from "./dom";
import { icon } from "./icons";

// What the reader cannot mend by trying again.
const FINAL: readonly string[] = ["forbidden", "locked", "forgotten"] satisfies Failure["kind"][];
const TICK_MS = 250;

export function failureNote(failure: Failure, text: Text, again: () => void): HTMLElement {
  const label = h("span", {}, text.retry);
  const retry = h(
    "button",
    { class: "button", type: "button", "data-test": "retry", onclick: again },
    icon("retry"),
    label,
  );
  if (failure.kind === "busy" || failure.kind === "hasty")
    holdBack(retry, failure.retryAfter, (seconds) => {
      label.textContent = seconds > 0 ? fill(text.retryIn, { seconds }) : text.retry;
    });
  const message = h("p", {}, sayFailure(failure, text));
  return h(
    "div",
    { class: "error", "data-test": "error", "data-kind": failure.kind },
    icon("warning"),
    h("div", {}, message, !FINAL.includes(failure.kind) && retry),
  );
}

/** Keep a button from being pressed for as long as the service asked, and say how long that is. */
function holdBack(button: HTMLButtonElement, seconds: number, say: (left: number) => void): void {
  const until = Date.now() + seconds * 1000;
  const tick = (): void => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    say(left);
    if (left <= 0) clearInterval(ticking);
  };
  const ticking = setInterval(tick, TICK_MS);
  tick();
}
