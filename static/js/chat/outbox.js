// What was written and not yet acknowledged; survives reload, crash and closing the browser.

const LIMIT = 50;
const MAX_AGE_MS = 24 * 3600 * 1000;
const NAME = "chat";
const STORE = "outbox";

const asPromise = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function openDatabase() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
  return asPromise(request);
}

/** Items `{id, conv, bot, kind, body, text, at, deaths, failed}` of one person, oldest first. */
export class Outbox {
  #database = null;
  #last = 0;
  items = [];

  constructor(person) {
    this.person = person;
    this.channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("chat-outbox") : null;
  }

  /** Read what is kept. Where the browser refuses, or must not keep it, memory has to do. */
  async open({ memory }) {
    if (memory) return this;
    try {
      this.#database = await openDatabase();
      await this.reload();
    } catch {
      this.#database = null;
    }
    return this;
  }

  /** Another tab may have added or removed; what is old or somebody else's is thrown away. */
  async reload() {
    if (!this.#database) return;
    const stored = await asPromise(this.#store("readonly").getAll());
    const now = Date.now();
    const good = (item) => item.person === this.person && now - item.at < MAX_AGE_MS;
    for (const item of stored) if (!good(item)) this.#store().delete(item.id);
    const known = new Map(this.items.map((item) => [item.id, item]));
    this.items = stored
      .filter(good)
      .map((item) => Object.assign(known.get(item.id) ?? {}, item))
      .sort((one, other) => one.at - other.at);
  }

  get isFull() {
    return this.items.length >= LIMIT;
  }

  find(id) {
    return this.items.find((item) => item.id === id);
  }

  waiting() {
    return this.items.filter((item) => !item.failed);
  }

  async add(item) {
    // Two messages of one millisecond keep their order.
    this.#last = Math.max(Date.now(), this.#last + 1);
    Object.assign(item, { person: this.person, at: this.#last, deaths: 0, failed: "" });
    this.items.push(item);
    await this.save(item);
    return item;
  }

  async save(item) {
    if (this.#database) await asPromise(this.#store().put({ ...item })).catch(() => {});
    this.channel?.postMessage("changed");
  }

  async remove(id) {
    this.items = this.items.filter((item) => item.id !== id);
    if (this.#database) await asPromise(this.#store().delete(id)).catch(() => {});
    this.channel?.postMessage("changed");
  }

  async clear() {
    this.items = [];
    if (this.#database) await asPromise(this.#store().clear()).catch(() => {});
  }

  #store(mode = "readwrite") {
    return this.#database.transaction(STORE, mode).objectStore(STORE);
  }
}
