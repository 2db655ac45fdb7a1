// The button that reads an answer aloud.

import { LANGUAGES, spoken } from "../text";
import { canSpeak, speak } from "../voice";
import { tool } from "./button";
import type { Context } from "./context";

/** A button that reads what `words` gives, and stops when it is pressed again; null where the browser cannot speak. */
export function aloud(context: Context, words: () => string): HTMLButtonElement | null {
  if (!context.voice || !canSpeak()) return null;
  const { text } = context;
  let stop: (() => void) | null = null;
  const button = tool("aloud", "speaker", text.aloud, () => {
    if (stop) {
      stop();
      return;
    }
    const said = words();
    const language = spoken(said);
    button.setAttribute("aria-pressed", "true");
    stop = speak(said, language ? LANGUAGES[language].tag : text.lang, () => {
      stop = null;
      button.setAttribute("aria-pressed", "false");
    });
  });
  button.setAttribute("aria-pressed", "false");
  return button;
}
