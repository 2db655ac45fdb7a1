// The classic script a host page includes. It finds the main module beside itself and puts one widget into the page.
declare const __MAIN__: string;

type Widget = HTMLElement & { destroyed?: boolean };

// A script of type="module" is not the current one.
const script = (document.currentScript ??
  document.querySelector('script[src$="/widget.js"], script[src*="/widget.js?"]')) as HTMLScriptElement | null;
let widget: Widget | null = null;

function place(): void {
  if (!script || widget?.destroyed || widget?.isConnected || document.querySelector("outline-qa")) return;
  if (!widget) {
    widget = document.createElement("outline-qa");
    for (const [name, value] of Object.entries(script.dataset))
      widget.setAttribute(
        name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
        value ?? "",
      );
  }
  document.body.append(widget);
}

/** Turbo, htmx and the like put another body into the page: the widget goes along. */
function follow(): void {
  place();
  let body = document.body;
  const watch = new MutationObserver(() => {
    if (widget?.destroyed) return watch.disconnect();
    if (document.body && document.body !== body) {
      body = document.body;
      watch.observe(body, { childList: true });
    }
    if (document.body) place();
  });
  watch.observe(document.documentElement, { childList: true });
  watch.observe(body, { childList: true });
}

if (!script) {
  // biome-ignore lint/suspicious/noConsole: the owner of a page looks there
  console.warn("outline-qa: the script's own tag was not found; its src must end in /widget.js.");
} else {
  import(new URL(__MAIN__, script.src).href).then(
    () => {
      if (document.body) follow();
      else addEventListener("DOMContentLoaded", follow);
    },
    (error: unknown) => {
      // biome-ignore lint/suspicious/noConsole: the owner of a page looks there
      console.warn(`outline-qa: ${script.src} could not load its parts: ${String(error)}`);
    },
  );
}
