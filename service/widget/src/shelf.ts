// Where conversations lie: the browser's database, or memory where it is blocked.

import type { Turn } from "./conversation";

/** What a list shows of a conversation, and what is searched in it. */
export interface Head {
  id: string;
  title: string;
  /** By the reader; the first question otherwise. */
  named: boolean;
  pinned: boolean;
  updated: number;
  questions: string;
}

export interface Kept {
  head: Head;
  turns: unknown;
}

/** Change one conversation; null deletes it, undefined leaves it. */
export type Change = (kept: Kept | null) => { head: Head; turns: readonly Turn[] } | null | undefined;

export interface Shelf {
  heads(): Promise<Head[]>;
  turns(id: string): Promise<unknown>;
  /** Read, change and write in one transaction, so that no other tab comes between. */
  update(id: string, change: Change): Promise<void>;
  clear(): Promise<void>;
}

export async function openShelf(name: string): Promise<Shelf> {
  try {
    return new DatabaseShelf(await opened(name));
  } catch {
    return new MemoryShelf();
  }
}

class DatabaseShelf implements Shelf {
  constructor(private readonly database: IDBDatabase) {
    // Another tab may hold a later version of the page.
    database.onversionchange = () => database.close();
  }

  async heads(): Promise<Head[]> {
    return (await settled(this.#stores("readonly").heads.getAll())) as Head[];
  }

  async turns(id: string): Promise<unknown> {
    return ((await settled(this.#stores("readonly").bodies.get(id))) as { turns?: unknown } | undefined)?.turns;
  }

  update(id: string, change: Change): Promise<void> {
    const { heads, bodies, done } = this.#stores("readwrite");
    const head = heads.get(id);
    const body = bodies.get(id);
    body.onsuccess = () => {
      const kept = head.result ? { head: head.result as Head, turns: body.result?.turns } : null;
      const next = change(kept);
      if (next === undefined) return;
      if (next === null) {
        heads.delete(id);
        bodies.delete(id);
        return;
      }
      heads.put(next.head);
      bodies.put({ id, turns: next.turns });
    };
    return done;
  }

  clear(): Promise<void> {
    const { heads, bodies, done } = this.#stores("readwrite");
    heads.clear();
    bodies.clear();
    return done;
  }

  #stores(mode: IDBTransactionMode): { heads: IDBObjectStore; bodies: IDBObjectStore; done: Promise<void> } {
    const transaction = this.database.transaction(["heads", "bodies"], mode);
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
    if (mode === "readonly") done.catch(() => undefined); // its requests tell
    return { heads: transaction.objectStore("heads"), bodies: transaction.objectStore("bodies"), done };
  }
}

export class MemoryShelf implements Shelf {
  readonly #kept = new Map<string, { head: Head; turns: readonly Turn[] }>();

  heads(): Promise<Head[]> {
    return Promise.resolve(Array.from(this.#kept.values(), ({ head }) => head));
  }

  turns(id: string): Promise<unknown> {
    return Promise.resolve(this.#kept.get(id)?.turns);
  }

  update(id: string, change: Change): Promise<void> {
    const next = change(this.#kept.get(id) ?? null);
    if (next) this.#kept.set(id, next);
    else if (next === null) this.#kept.delete(id);
    return Promise.resolve();
  }

  clear(): Promise<void> {
    this.#kept.clear();
    return Promise.resolve();
  }
}

function opened(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("heads", { keyPath: "id" });
      request.result.createObjectStore("bodies", { keyPath: "id" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error);
  });
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
