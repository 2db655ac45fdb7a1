// Entries as rows with two buttons: read it, or ask it.

import type { EntryKey } from "../outline";
import type { Text } from "../text";
import { h } from "./dom";
import { icon } from "./icons";
import { answeredMark, stars } from "./stars";

interface Row extends EntryKey {
  question: string;
  stars: number;
  answered: boolean;
}

interface Actions {
  readonly text: Text;
  ask(question: string): void;
  read(entry: EntryKey): void;
}

export function entryRow(entry: Row, actions: Actions, test: string): HTMLLIElement {
  const { text } = actions;
  const about = h(
    "span",
    { class: "entry-meta" },
    h("span", { class: "entry-id" }, entry.id),
    stars(entry.stars, text),
    answeredMark(entry.answered, text),
  );
  const open = h(
    "button",
    { class: "entry-open", type: "button", "data-test": `${test}-read`, onclick: () => actions.read(entry) },
    h("span", { class: "entry-question", dir: "auto" }, entry.question),
    about,
  );
  const label = text.askAbout(entry.question);
  const question = h(
    "button",
    {
      class: "tool",
      type: "button",
      "data-test": `${test}-ask`,
      "aria-label": label,
      title: text.askThis,
      onclick: () => actions.ask(entry.question),
    },
    icon("ask"),
  );
  return h(
    "li",
    { class: "entry", "data-test": test, "data-id": entry.id, "data-answered": String(entry.answered) },
    open,
    question,
  );
}
