// What the element tells the page around it: `outline-qa:` and the name, as events that leave the shadow.

import type { Rating, Status } from "./conversation";
import type { Failure } from "./failure";

/** The details of each event; `question` and `text` are there only where the attribute `events` is "text". */
export interface Signals {
  ready: { server: string };
  open: Record<never, never>;
  close: Record<never, never>;
  ask: { id: string; question?: string };
  answer: { id: string; answerId: string; status: Status | null; citations: number; text?: string };
  citation: { n: number; document: string; entry: string | null };
  feedback: { answerId: string; rating: Rating | null };
  error: { id: string; kind: Failure["kind"] };
}

export type Signal = <Name extends keyof Signals>(name: Name, detail: Signals[Name]) => void;

export type OutlineQAEvents = { [Name in keyof Signals as `outline-qa:${Name}`]: CustomEvent<Signals[Name]> };

declare global {
  interface HTMLElementEventMap extends OutlineQAEvents {}
}

/** Dispatch events at an element; without words, what people wrote and read is left out. */
export function signals(element: HTMLElement, words: () => boolean): Signal {
  return (name, detail) => {
    const shown: Record<string, unknown> = { ...detail };
    if (!words()) {
      delete shown.question;
      delete shown.text;
    }
    element.dispatchEvent(new CustomEvent(`outline-qa:${name}`, { bubbles: true, composed: true, detail: shown }));
  };
}
