// Printing: the whole conversation, not the page's one screen of it, and nothing of the page around it.

const ALONE = "@media print { body > :not(outline-qa) { display: none !important } }";

/** Prepare an element for print whenever its page is printed, and return what ends that. */
export function printable(element: HTMLElement, render: () => void): () => void {
  const before = (): void => {
    render();
    // In the top layer it would be cut to one page.
    element.removeAttribute("popover");
  };
  const after = (): void => {
    if (element.dataset.mode === "inline" || typeof element.showPopover !== "function") return;
    element.popover = "manual";
    element.showPopover();
  };
  addEventListener("beforeprint", before);
  addEventListener("afterprint", after);
  return () => {
    removeEventListener("beforeprint", before);
    removeEventListener("afterprint", after);
  };
}

/** Print the conversation alone. */
export function printAlone(element: HTMLElement): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(ALONE);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  element.toggleAttribute("data-printing", true);
  print();
  element.removeAttribute("data-printing");
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
}
