"""The conversations that a browser keeps, as another script of the same origin may change them."""

from typing import Any

from tests.e2e.widget import Widget

READ = """async (name) => {
  const open = indexedDB.open(name);
  await new Promise((done) => { open.onsuccess = done; });
  const all = (store) => new Promise((done) => {
    const request = open.result.transaction(store).objectStore(store).getAll();
    request.onsuccess = () => done(request.result);
  });
  const found = { heads: await all("heads"), bodies: await all("bodies") };
  open.result.close();
  return found;
}"""
WRITE = """async ([name, { heads, bodies }]) => {
  const open = indexedDB.open(name);
  await new Promise((done) => { open.onsuccess = done; });
  const transaction = open.result.transaction(["heads", "bodies"], "readwrite");
  for (const one of heads) transaction.objectStore("heads").put(one);
  for (const one of bodies) transaction.objectStore("bodies").put(one);
  await new Promise((done) => { transaction.oncomplete = done; });
  open.result.close();
}"""


def kept(widget: Widget) -> dict[str, list[dict[str, Any]]]:
    """The records: `heads` for the list, `bodies` with the turns."""
    found: dict[str, list[dict[str, Any]]] = widget.page.evaluate(READ, f"outline-qa:{widget.service.url}")
    return found


def keep(widget: Widget, records: dict[str, list[dict[str, Any]]]) -> None:
    widget.page.evaluate(WRITE, [f"outline-qa:{widget.service.url}", records])
