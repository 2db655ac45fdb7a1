// Copy buttons.

import type { Text } from "../text";
import { h } from "./dom";
import { type IconName, icon } from "./icons";

const SHOWN_MS = 1600;

/** A button that copies what `source` gives and says so for a moment. */
export function copyButton(
  test: string,
  label: string,
  text: Text,
  source: () => string,
  name: IconName = "copy",
): HTMLButtonElement {
  const button = h(
    "button",
    { class: "tool copy", type: "button", "data-test": test, "aria-label": label, title: label },
    icon(name),
  );
  button.addEventListener("click", async () => {
    await copy(source(), button);
    button.replaceChildren(icon("check"));
    button.setAttribute("aria-label", text.copied);
    setTimeout(() => {
      button.replaceChildren(icon(name));
      button.setAttribute("aria-label", label);
    }, SHOWN_MS);
  });
  return button;
}

async function copy(content: string, button: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(content);
  } catch {
    // Pages without https have no clipboard interface; a selected text area still copies there.
    const area = h("textarea", { class: "sr-only", "aria-hidden": "true", tabindex: -1 });
    area.value = content;
    button.after(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
}
