// What this browser keeps for one labeler, in IndexedDB: drafts by task, and answers that wait to be sent, by key.
// Where storage is blocked or full everything still works, in memory, until the page is left.

const memory = { drafts: new Map(), answers: new Map() };

function wait(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Store {
  /** A database for each labeler: people share browsers. */
  constructor(labeler) {
    this.opened = new Promise((resolve) => {
      try {
        const request = indexedDB.open(`labelmill-${labeler}`, 1);
        request.onupgradeneeded = () => {
          request.result.createObjectStore("drafts");
          request.result.createObjectStore("answers");
        };
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => resolve(null);
      } catch {
        resolve(null);
      }
    });
  }

  async run(kind, mode, deed, otherwise) {
    const database = await this.opened;
    if (!database) return otherwise(memory[kind]);
    try {
      const transaction = database.transaction(kind, mode, { durability: "relaxed" });
      const done = new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      });
      const [result] = await Promise.all([wait(deed(transaction.objectStore(kind))), done]);
      return result;
    } catch {
      // Full, or closed by the browser. What is stored already is found again when the page is opened anew.
      this.opened = Promise.resolve(null);
      return otherwise(memory[kind]);
    }
  }

  get(kind, key) {
    return this.run(kind, "readonly", (store) => store.get(key), (map) => map.get(key));
  }

  all(kind) {
    return this.run(kind, "readonly", (store) => store.getAll(), (map) => [...map.values()]);
  }

  put(kind, key, value) {
    return this.run(kind, "readwrite", (store) => store.put(value, key), (map) => map.set(key, value));
  }

  delete(kind, key) {
    return this.run(kind, "readwrite", (store) => store.delete(key), (map) => map.delete(key));
  }

  /** Drafts of posts that were finished elsewhere would stay for ever. */
  async prune(olderThan) {
    const database = await this.opened;
    if (!database) return;
    const cursor = database.transaction("drafts", "readwrite").objectStore("drafts").openCursor();
    cursor.onsuccess = () => {
      const at = cursor.result;
      if (!at) return;
      if (at.value.at < olderThan) at.delete();
      at.continue();
    };
  }
}
