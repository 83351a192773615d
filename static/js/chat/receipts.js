// Tells the server how far events arrived and were read: every 16 events or 2 seconds, cumulative.

const EVERY_EVENTS = 16;
const EVERY_MS = 2_000;

export class Receipts {
  #told = { recv: 0, seen: 0 };
  #timer = 0;

  constructor(send) {
    this.send = send;
    document.addEventListener("visibilitychange", () => this.#later());
  }

  start(conv, seq) {
    Object.assign(this, { conv, seq });
    this.#told = { recv: seq, seen: 0 };
  }

  arrived(seq) {
    this.seq = seq;
    if (seq - this.#told.recv >= EVERY_EVENTS) this.#tell();
    else this.#later();
  }

  #later() {
    this.#timer ||= setTimeout(() => this.#tell(), EVERY_MS);
  }

  #tell() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const kind = document.visibilityState === "visible" ? "seen" : "recv";
    if (!this.seq || this.#told[kind] >= this.seq) return;
    // What is seen has arrived, too.
    if (this.send({ t: kind, conv: this.conv, seq: this.seq })) {
      this.#told.recv = this.seq;
      this.#told[kind] = this.seq;
    }
  }
}
