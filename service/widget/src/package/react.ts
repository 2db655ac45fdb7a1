// <OutlineQA> for React: the attributes as properties, events as onAnswer and the like, the element by its ref.

import {
  createElement,
  type ReactElement,
  type Ref,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
} from "react";
import type { OutlineQA as Element } from "../element";
import type { Signals } from "../signals";
import { type Attributes, attributesOf, listenTo } from "./manifest";

type Handlers = {
  [Name in keyof Signals as `on${Capitalize<Name>}`]?: (event: CustomEvent<Signals[Name]>) => void;
};

export interface OutlineQAProps extends Attributes, Handlers {
  className?: string;
  ref?: Ref<Element>;
}

export function OutlineQA({ className, ref, open, ...given }: OutlineQAProps): ReactElement {
  const element = useRef<Element>(null);
  const latest = useRef(given);
  useLayoutEffect(() => {
    latest.current = given;
  });
  useImperativeHandle(ref, () => element.current as Element);
  // The element needs a browser, so it is loaded there alone.
  useEffect(() => void import("./index"), []);
  // React would put a property in the place of the method of that name.
  useLayoutEffect(() => {
    if (open !== undefined) element.current?.toggleAttribute("open", open);
  }, [open]);
  useEffect(() => {
    if (!element.current) return undefined;
    return listenTo(element.current, (name, event) => {
      const handlers = latest.current as Record<string, unknown>;
      const handler = handlers[`on${name[0]?.toUpperCase()}${name.slice(1)}`];
      if (typeof handler === "function") handler(event);
    });
  }, []);
  return createElement("outline-qa", { ...attributesOf(given), class: className, ref: element });
}
