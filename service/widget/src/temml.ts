// Temml, loaded when an answer holds a formula. MathML only: no fonts, no inline style.

import temml from "temml";

export function formula(tex: string, display: boolean): string {
  const mathml = temml.renderToString(tex, {
    displayMode: display,
    annotate: true, // the source, for those who copy it
    throwOnError: true,
    trust: false,
    maxSize: [20, 20],
    maxExpand: 200,
  });
  // What Temml repeats as style beside MathML's own attributes is no loss, and a strict Content-Security-Policy reports it.
  return mathml.replace(/ style="[^"]*"/g, "");
}
