// Building elements. Attributes and children only: no HTML strings, no style attributes.

export type Child = Node | string | null | undefined | false;
type Value = string | number | boolean | null | undefined | ((event: never) => void);

/** Make an element; a function under "onclick" and the like becomes a listener. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(
    ...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** Whether a key belongs to an input method: Enter then picks a word and must not send. */
export function composing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** The elements that Tab reaches, in order. */
export function focusable(root: ParentNode): HTMLElement[] {
  const all = root.querySelectorAll<HTMLElement>("button, a[href], input, textarea, [tabindex='0']");
  return Array.from(all).filter(
    (element) => !element.matches(":disabled") && element.getClientRects().length > 0 && !element.closest("[inert]"),
  );
}

/** Scroll so far that an element's foot, and a little below it, can be seen. */
export function uncoverFoot(scroller: Element, element: Element): void {
  const over = element.getBoundingClientRect().bottom + 8 - scroller.getBoundingClientRect().bottom;
  if (over > 0) scrollWithin(scroller, scroller.scrollTop + over);
}

/** Scroll one element only: scrollIntoView would also move what is around it, the host page included. */
export function scrollWithin(scroller: Element, top: number): void {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  scroller.scrollTo({ top, behavior: calm ? "auto" : "smooth" });
}
