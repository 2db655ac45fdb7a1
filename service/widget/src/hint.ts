// What the owner of a page did not mean is said in the console, once.

const said = new Set<string>();

export function hint(message: string): void {
  if (!message || said.has(message)) return;
  said.add(message);
  // biome-ignore lint/suspicious/noConsole: the owner of a page looks there
  console.warn(`outline-qa: ${message}`);
}
