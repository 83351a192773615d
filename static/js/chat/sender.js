// Sends the outbox in order, one message at a time, each under its one id until it is acknowledged.

const ACK_MS = 10_000;
const RETRY_MS = 2_000;
const MAX_DEATHS = 3;
const MAX_REFUSALS = 5;
/** Closes that say nothing about the message that was under way. */
const INNOCENT = new Set([1000, 1001, 1012, 4401, 4408, 4429, 4503]);

export class Sender {
  #under = null;
  #timer = 0;
  #resume = 0;
  #leads = false;
  #ready = false;
  #refusals = 0;

  /** `transmit(frame)` says whether it went; `onChange(item, state)` hears what became of it. */
  constructor(outbox, { transmit, onChange, onStuck }) {
    Object.assign(this, { outbox, transmit, onChange, onStuck });
    outbox.channel?.addEventListener("message", async () => {
      await outbox.reload();
      this.pump();
    });
    this.lead();
  }

  /** One tab sends for all. The one in which somebody writes takes over: it is surely awake. */
  lead({ steal = false } = {}) {
    if (!navigator.locks) {
      this.#leads = true;
      return;
    }
    const held = () =>
      new Promise(() => {
        this.#leads = true;
        this.pump();
      });
    navigator.locks.request("chat-outbox", { steal }, held).catch(() => {
      this.#leads = false;
      this.lead();
    });
  }

  async add(item) {
    if (!this.#leads) this.lead({ steal: true });
    await this.outbox.add(item);
    this.onChange(item, "waiting");
    this.pump();
  }

  async retry(id) {
    const item = this.outbox.find(id);
    if (!item) return;
    Object.assign(item, { failed: "", deaths: 0 });
    await this.outbox.save(item);
    this.onChange(item, "waiting");
    this.pump();
  }

  /** The connection has caught up, so that order holds; or it is gone. */
  ready(is) {
    this.#ready = is;
    if (is) this.pump();
  }

  pump() {
    if (!this.#leads || !this.#ready || this.#under || Date.now() < this.#resume) return;
    const item = this.outbox.waiting()[0];
    if (!item) return;
    const { conv, id, kind, body } = item;
    if (!this.transmit({ t: "send", conv, id, kind, body })) return;
    this.#under = item;
    this.onChange(item, "sending");
    this.#timer = setTimeout(() => this.onStuck(), ACK_MS);
  }

  /** It is stored: acknowledged here, or its echo came through another tab. */
  async stored(id) {
    this.#release(id);
    this.#refusals = 0;
    if (this.outbox.find(id)) await this.outbox.remove(id);
    this.pump();
  }

  /** The server said no: for now, then it is tried again; or for good. */
  async refused({ ref, code, retry, after_ms: after }) {
    const item = this.outbox.find(ref);
    if (!item) return;
    this.#release(ref);
    if (retry && (code === "rate_limited" || ++this.#refusals < MAX_REFUSALS)) {
      this.#pause(after || RETRY_MS);
      this.onChange(item, "waiting");
      return;
    }
    this.#refusals = 0;
    await this.#fail(item, code);
  }

  /** The connection closed. What was under way three times in a row is taken for the cause. */
  async lost(code) {
    this.#ready = false;
    const item = this.#under;
    if (!item) return;
    this.#release(item.id);
    if (!INNOCENT.has(code) && navigator.onLine) item.deaths += 1;
    if (item.deaths >= MAX_DEATHS) {
      await this.#fail(item, "internal");
      return;
    }
    this.onChange(item, "waiting");
    await this.outbox.save(item);
  }

  async #fail(item, code) {
    item.failed = code;
    this.onChange(item, "failed");
    await this.outbox.save(item);
    this.pump();
  }

  #pause(delay) {
    this.#resume = Date.now() + delay;
    setTimeout(() => this.pump(), delay + 10);
  }

  #release(id) {
    if (this.#under?.id !== id) return;
    clearTimeout(this.#timer);
    this.#under = null;
  }
}
