// Entries as rows with two buttons: read it, or ask it.

import type { EntryKey } from "../outline";
import { fill, type Text } from "../text";
import { tool } from "./button";
import { h } from "./dom";
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
  const label = fill(text.askAbout, { question: entry.question });
  const question = tool(`${test}-ask`, "ask", label, () => actions.ask(entry.question));
  question.title = text.askThis;
  return h(
    "li",
    { class: "entry", "data-test": test, "data-id": entry.id, "data-answered": String(entry.answered) },
    open,
    question,
  );
}
