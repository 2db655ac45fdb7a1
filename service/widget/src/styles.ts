// The style sheets, as constructed sheets: a strict Content-Security-Policy allows no <style> element.

import base from "./styles/base.css?inline";
import code from "./styles/code.css?inline";
import composer from "./styles/composer.css?inline";
import content from "./styles/content.css?inline";
import controls from "./styles/controls.css?inline";
import marks from "./styles/marks.css?inline";
import outline from "./styles/outline.css?inline";
import panel from "./styles/panel.css?inline";
import popover from "./styles/popover.css?inline";
import thread from "./styles/thread.css?inline";
import welcome from "./styles/welcome.css?inline";

let sheets: CSSStyleSheet[] | null = null;

export function styleSheets(): CSSStyleSheet[] {
  sheets ??= [base, controls, panel, welcome, composer, thread, content, marks, code, popover, outline].map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
  return sheets;
}
