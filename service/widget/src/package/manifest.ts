// What the custom-elements manifest says of <outline-qa>: the wrappers are made from it.

import manifest from "../../custom-elements.json";
import type { Signals } from "../signals";

const PREFIX = "outline-qa:";

interface Named {
  name?: string;
}

const declarations: { tagName?: string; attributes?: Named[]; events?: Named[] }[] = manifest.modules.flatMap(
  (module) => module.declarations,
);
const element = declarations.find(({ tagName }) => tagName === "outline-qa");

export const ATTRIBUTES = (element?.attributes ?? []).flatMap(({ name }) => name ?? []);

/** The events without their prefix. */
export const EVENTS = (element?.events ?? []).flatMap(
  ({ name }) => name?.slice(PREFIX.length) ?? [],
) as (keyof Signals)[];

/** The attributes, as a framework's properties; a flag is true or false. */
export interface Attributes {
  server?: string;
  mode?: "panel" | "page" | "inline";
  lang?: string;
  texts?: string;
  theme?: "auto" | "light" | "dark";
  accent?: string;
  corner?: "bottom-right" | "bottom-left";
  title?: string;
  open?: boolean;
  launcher?: "bubble" | "none";
  trigger?: string;
  suggestions?: string;
  disclaimer?: string;
  addresses?: boolean;
  events?: "plain" | "text";
  voice?: "off" | "offer" | "on";
}

/** What stands on the element for some properties: flags without a value, nothing for what is not given. */
export function attributesOf(given: Record<string, unknown>): Record<string, string> {
  const all = ATTRIBUTES.map((name): [string, unknown] => [name, given[name] === true ? "" : given[name]]);
  return Object.fromEntries(all.filter((one): one is [string, string] => typeof one[1] === "string"));
}

/** Listen to all events of an element; returns what ends that. */
export function listenTo(target: EventTarget, heard: (name: keyof Signals, event: CustomEvent) => void): () => void {
  const listeners = EVENTS.map((name) => {
    const listener = (event: Event): void => heard(name, event as CustomEvent);
    target.addEventListener(PREFIX + name, listener);
    return () => target.removeEventListener(PREFIX + name, listener);
  });
  return () => {
    for (const end of listeners) end();
  };
}
