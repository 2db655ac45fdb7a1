// The classic script a host page includes. It finds the main module beside itself and puts one widget into the page.
declare const __MAIN__: string;

const script = document.currentScript as HTMLScriptElement;
const main = new URL(__MAIN__, script.src).href;

function place(): void {
  if (document.querySelector("outline-qa")) return;
  const widget = document.createElement("outline-qa");
  for (const [name, value] of Object.entries(script.dataset)) widget.setAttribute(name, value ?? "");
  document.body.append(widget);
}

void import(main).then(() => {
  if (document.body) place();
  else addEventListener("DOMContentLoaded", place);
});
