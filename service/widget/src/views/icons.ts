// Icons drawn on a 24 × 24 grid with one stroke.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  chat: "M4 6.5A2.5 2.5 0 0 1 6.5 4h11A2.5 2.5 0 0 1 20 6.5v8a2.5 2.5 0 0 1-2.5 2.5H11l-4.5 3.5V17A2.5 2.5 0 0 1 4 14.5zM8.5 8.8h7M8.5 12.2h4.5",
  close: "M6 6l12 12M18 6L6 18",
  plus: "M12 5v14M5 12h14",
  list: "M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01",
  auto: "M12 3.5a8.5 8.5 0 1 0 0 17zM12 3.5a8.5 8.5 0 0 1 0 17M15 8.5h3.8M15 12h5.3M15 15.5h3.8",
  light:
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  dark: "M20 14.2A8.2 8.2 0 0 1 9.8 4 8.2 8.2 0 1 0 20 14.2z",
  send: "M12 19V5.5M6 11.2l6-6 6 6",
  copy: "M9 9h9.5A1.5 1.5 0 0 1 20 10.5v9A1.5 1.5 0 0 1 18.5 21h-8A1.5 1.5 0 0 1 9 19.5zM15 9V5.5A1.5 1.5 0 0 0 13.5 4h-8A1.5 1.5 0 0 0 4 5.5v8A1.5 1.5 0 0 0 5.5 15H9",
  check: "M5 12.5l4.5 4.5L19 7.5",
  retry: "M19.5 12a7.5 7.5 0 1 1-2.3-5.4M19.5 3.5v4.2h-4.2",
  up: "M7.5 11v9H5a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1zM7.5 11l4-7.5a2 2 0 0 1 2.5 2.6L13 9.5h5.2a1.8 1.8 0 0 1 1.750 2.2l-1.4 6.7A2 2 0 0 1 16.6 20H7.5",
  down: "M16.5 13V4H19a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1zM16.5 13l-4 7.5a2 2 0 0 1-2.5-2.6l1-3.4H5.8a1.8 1.8 0 0 1-1.750-2.2l1.4-6.7A2 2 0 0 1 7.4 4h9.1",
  arrow: "M5 12h13.5M13 6.5l5.5 5.5-5.5 5.5",
  arrowDown: "M12 5v13.5M6.5 13l5.5 5.5 5.5-5.5",
  back: "M19 12H5.5M11 6.5L5.5 12l5.5 5.5",
  search: "M11 4.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.8 15.8L20 20",
  empty: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM6 6l12 12",
  pending: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 7.5V12l3 2",
  hand: "M12 3l7.5 3v5.5c0 4.5-3.1 8-7.5 9.5-4.4-1.5-7.5-5-7.5-9.5V6zM9 12h6",
  warning: "M12 4l9 15.5H3zM12 10v4.5M12 17h.01",
  info: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 11v5M12 8h.01",
  ask: "M5 5.5h14a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-7.5L7.5 20v-3.5H5a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1zM12 8.2v5.6M9.2 11h5.6",
  stop: "M7.5 7.5h9v9h-9z",
  more: "M5.5 12h.01M12 12h.01M18.5 12h.01",
  chats: "M4 6h16M4 12h10M4 18h13",
  language:
    "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM3.8 12h16.4M12 3.5c5 5.500 5 11.500 0 17M12 3.5c-5 5.500-5 11.500 0 17",
  download: "M12 4v11M7 10.500l5 5 5-5M5 20h14",
  print: "M7 9V4h10v5M7 17H4.500v-7A1 1 0 0 1 5.500 9h13a1 1 0 0 1 1 1v7H17M7 14h10v6H7z",
  keys: "M3.500 7h17v10h-17zM7 10.500h.01M10.300 10.500h.01M13.700 10.500h.01M17 10.500h.01M8 14h8",
  microphone:
    "M12 4a2.500 2.500 0 0 0-2.500 2.500v5a2.500 2.500 0 0 0 5 0v-5A2.500 2.500 0 0 0 12 4zM6.500 11.500a5.500 5.500 0 0 0 11 0M12 17v3.500",
  speaker: "M5 9.500v5h3.500L13 18.500v-13L8.500 9.500zM16 9a4.200 4.200 0 0 1 0 6M18.500 6.500a7.800 7.800 0 0 1 0 11",
  pin: "M9 4h6l-.8 6 3.300 3.500H6.500L9.800 10zM12 13.500V20",
  edit: "M5 19l1-4L16.500 4.500l3 3L9 18zM14.500 6.500l3 3",
  trash: "M5 7h14M9.500 7V4.500h5V7M7 7l1 12.500h8L17 7M10.500 11v5M13.500 11v5",
  link: "M10 14a4 4 0 0 0 5.700 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3A4 4 0 0 0 11 18.700l1-1",
  forward: "M5 12h13.500M13 6.500l5.500 5.500-5.500 5.500",
} as const;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
