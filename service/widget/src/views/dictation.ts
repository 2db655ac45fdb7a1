// The button that writes by voice.

import { canHear, listen } from "../voice";
import { tool } from "./button";
import type { Context } from "./context";

/** A button that adds what is spoken to a text field; null where the browser cannot listen. */
export function dictation(area: HTMLTextAreaElement, context: Context, changed: () => void): HTMLButtonElement | null {
  if (!context.voice || !canHear()) return null;
  const { text } = context;
  let stop: (() => void) | null = null;
  const pressed = (on: boolean): void => {
    button.setAttribute("aria-pressed", String(on));
    button.classList.toggle("hearing", on);
  };
  const button = tool("dictate", "microphone", text.dictate, () => {
    if (stop) {
      stop();
      return;
    }
    const before = area.value && `${area.value.trimEnd()} `;
    pressed(true);
    stop = listen(text.lang, {
      heard: (words) => {
        area.value = before + words.trim();
        changed();
      },
      ended: (failed) => {
        stop = null;
        pressed(false);
        if (failed) context.announce(text.dictateFailed);
        area.focus();
      },
    });
  });
  pressed(false);
  return button;
}
