// Tables whose delimiter row has lost its dashes. The outline has "|  |  |  |" and "| -- |  |  |" below a header; no Markdown
// reader takes those for a table, and their rows would run together.

const ROW = /^\s*\|.*\|\s*$/;
const EMPTY = /^\s*\|(?:\s*\|)+\s*$/;
const SCANT = /^\s*\|(?:\s*(?::?-+:?)?\s*\|)+\s*$/;
const FENCE = /^\s*(`{3,}|~{3,})/;

/** Put the dashes back, outside fences. */
export function withDelimiters(markdown: string): string {
  if (!/^[ \t]*\|[ \t|:-]*\|[ \t]*\r?$/m.test(markdown)) return markdown;
  let fence = "";
  const lines = markdown.split("\n");
  return lines
    .map((line, i) => {
      const mark = FENCE.exec(line)?.[1] ?? "";
      if (mark && !fence) fence = mark;
      else if (mark.startsWith(fence)) fence = "";
      const header = lines[i - 1] ?? "";
      const first = ROW.test(header) && !ROW.test(lines[i - 2] ?? "") && !EMPTY.test(header);
      return !fence && first && SCANT.test(line) ? delimiter(header, line) : line;
    })
    .join("\n");
}

function delimiter(header: string, line: string): string {
  const indent = /^\s*/.exec(header)?.[0] ?? "";
  const given = cells(line);
  return `${indent}|${cells(header)
    .map((_, i) => ` ${given[i]?.trim() || "---"} |`)
    .join("")}`;
}

function cells(row: string): string[] {
  return row
    .trim()
    .slice(1, -1)
    .split(/(?<!\\)\|/);
}
