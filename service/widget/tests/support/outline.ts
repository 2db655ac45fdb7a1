import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The shipped outline, and the text of each of its entries below the entry's own line. */
export const OUTLINE = readFileSync(resolve("../../ingest/corpus/大模型全技术面试大纲.md"), "utf-8");
export const ENTRIES: string[] = OUTLINE.split(/^(?=.*[★☆]{5}.*$)/m)
  .slice(1)
  .map((entry) => entry.replace(/^[^\n]*\n?/, "").trim())
  .filter(Boolean);
