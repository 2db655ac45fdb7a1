// What the npm package gives: importing it defines <outline-qa>.

import "../main";

export type { Citation, Related } from "../contract";
export { OutlineQA } from "../element";
export type { OutlineQAEvents, Signals } from "../signals";
