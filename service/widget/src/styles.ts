// The style sheets, as constructed sheets: a strict Content-Security-Policy allows no <style> element.

import base from "./styles/base.css?inline";
import launcher from "./styles/launcher.css?inline";

let sheets: CSSStyleSheet[] | null = null;

/** What the closed widget needs. */
export function baseSheets(): CSSStyleSheet[] {
  sheets ??= [base, launcher].map(sheet);
  return sheets;
}

export function sheet(text: string): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(text);
  return made;
}
