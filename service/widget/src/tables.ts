// Tables whose delimiter row has lost its dashes. The outline has "|  |  |  |" below a header; no Markdown reader takes that
// for a table, and its rows would run together.

const ROW = /^\s*\|.*\|\s*$/;
const EMPTY = /^\s*\|(?:\s*\|)+\s*$/;
const FENCE = /^\s*(`{3,}|~{3,})/;

/** Put the dashes back, outside fences. */
export function withDelimiters(markdown: string): string {
  if (!/^\s*\|[\s|]*$/m.test(markdown)) return markdown;
  let fence = "";
  const lines = markdown.split("\n");
  return lines
    .map((line, i) => {
      const mark = FENCE.exec(line)?.[1] ?? "";
      if (mark && !fence) fence = mark;
      else if (mark.startsWith(fence)) fence = "";
      const header = lines[i - 1] ?? "";
      const first = ROW.test(header) && !ROW.test(lines[i - 2] ?? "") && !EMPTY.test(header);
      return !fence && first && EMPTY.test(line) ? delimiter(header) : line;
    })
    .join("\n");
}

function delimiter(header: string): string {
  const indent = /^\s*/.exec(header)?.[0] ?? "";
  const columns = header
    .trim()
    .slice(1, -1)
    .split(/(?<!\\)\|/).length;
  return `${indent}|${" --- |".repeat(columns)}`;
}
