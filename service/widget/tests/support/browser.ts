// What jsdom lacks of a browser, as far as the widget asks for it; nothing of it decides anything in a test.

import "fake-indexeddb/auto";

class Observer {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

class Sheet {
  replaceSync(): void {}
}

/** Give the page what it lacks; jsdom's own classes cannot be adopted by a shadow. */
export function furnish(): void {
  Object.assign(globalThis, {
    ResizeObserver: Observer,
    IntersectionObserver: Observer,
    CSSStyleSheet: Sheet,
    matchMedia: (query: string) => ({
      matches: query === "(pointer: fine)",
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    }),
  });
  if (!("adoptedStyleSheets" in ShadowRoot.prototype))
    Object.defineProperty(ShadowRoot.prototype, "adoptedStyleSheets", { value: [], writable: true });
  globalThis.CSS ??= {} as typeof CSS;
  CSS.supports ??= () => true;
  CSS.escape ??= (text: string) => text.replace(/[^\w-]/g, (sign) => `\\${sign}`);
  Element.prototype.scrollTo ??= () => undefined;
}
