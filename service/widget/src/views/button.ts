// Buttons that are an icon with a name.

import { h } from "./dom";
import { type IconName, icon } from "./icons";

export function tool(
  test: string,
  name: IconName,
  label: string,
  action: (event: MouseEvent) => void,
): HTMLButtonElement {
  return h(
    "button",
    { class: "tool", type: "button", "data-test": test, "aria-label": label, title: label, onclick: action },
    icon(name),
  );
}
