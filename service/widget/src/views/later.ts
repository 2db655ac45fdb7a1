/** Do what can wait when the browser has nothing else to do; returns what calls it off. */
export function later(work: () => void): () => void {
  if (typeof requestIdleCallback === "function") {
    const waiting = requestIdleCallback(work, { timeout: 500 });
    return () => cancelIdleCallback(waiting);
  }
  const waiting = setTimeout(work, 30);
  return () => clearTimeout(waiting);
}
