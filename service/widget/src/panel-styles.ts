// The style sheets of the panel.

import { sheet } from "./styles";
import code from "./styles/code.css?inline";
import composer from "./styles/composer.css?inline";
import content from "./styles/content.css?inline";
import controls from "./styles/controls.css?inline";
import marks from "./styles/marks.css?inline";
import outline from "./styles/outline.css?inline";
import panel from "./styles/panel.css?inline";
import popover from "./styles/popover.css?inline";
import print from "./styles/print.css?inline";
import thread from "./styles/thread.css?inline";
import touch from "./styles/touch.css?inline";
import welcome from "./styles/welcome.css?inline";

let sheets: CSSStyleSheet[] | null = null;

export function panelSheets(): CSSStyleSheet[] {
  const texts = [controls, panel, welcome, composer, thread, content, marks, code, popover, outline, touch, print];
  sheets ??= texts.map(sheet);
  return sheets;
}
