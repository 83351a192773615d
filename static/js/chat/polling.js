// The same conversation over HTTP, for networks that let no websocket through. Speaks frames, too.

const WAIT_S = 25;
const RETRY_MS = 3_000;

export class Polling {
  state = "waiting";
  #stopped = false;
  #greeted = false;

  /** `place()` says which conversation and how far it was read. */
  constructor({ place, onFrame, onState }) {
    Object.assign(this, { place, onFrame, onState });
    this.#poll();
  }

  /** Messages and thumbs go out at once; receipts and signs of life have no meaning here. */
  send(frame) {
    if (this.state !== "open") return false;
    if (frame.t === "send") this.#post(frame);
    if (frame.t === "history") this.#history(frame);
    if (frame.t === "feedback") {
      const { value, reason, comment } = frame;
      this.#call(`messages/${frame.seq}/feedback/`, { value, reason, comment }).catch(() => {});
    }
    return true;
  }

  /** Nothing hangs for longer than one request. */
  drop() {}

  async #poll() {
    while (!this.#stopped) {
      const { conv, last } = this.place();
      try {
        const wait = this.#greeted ? WAIT_S : 0;
        const found = await this.#call(`events/?after=${last}&wait=${wait}`);
        this.#hear(conv, found);
      } catch (error) {
        this.#trouble(error);
        await new Promise((resolve) => setTimeout(resolve, error.after_ms || RETRY_MS));
      }
    }
  }

  #hear(conv, { epoch, last_seq: seq, mode, events }) {
    this.#become("open");
    for (const event of events) this.onFrame({ t: "event", ...event });
    this.onFrame({ t: "state", conv, mode });
    if (!this.#greeted) this.onFrame({ t: "ready", conv, epoch, seq });
    this.#greeted = true;
  }

  #trouble({ code }) {
    this.#greeted = false;
    this.#stopped = code === "not_found" || code === "forbidden";
    if (this.#stopped) this.#become("stopped", "signed_out");
    else this.#become("waiting");
  }

  async #post({ id, conv, kind, body }) {
    try {
      const key = { "Idempotency-Key": id };
      const { seq, dup } = await this.#call("messages/", { kind, body }, key, conv);
      this.onFrame({ t: "ack", id, conv, seq, dup });
    } catch (error) {
      this.onFrame({ t: "error", ref: id, code: error.code ?? "busy", retry: error.retry ?? true });
    }
  }

  async #history({ before, limit }) {
    const found = await this.#call(`events/?before=${before}&limit=${limit}`).catch(() => null);
    for (const event of found?.events ?? []) this.onFrame({ t: "event", ...event });
  }

  async #call(path, body = null, headers = {}, conv = this.place().conv) {
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(`/api/v1/conversations/${conv}/${path}`, {
      method: body ? "POST" : "GET",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token, ...headers },
      body: body && JSON.stringify(body),
    });
    if (answer.status === 204) return null;
    const said = await answer.json();
    if (!answer.ok) throw said.error ?? {};
    return said;
  }

  #become(state, why = "") {
    if (state === this.state) return;
    this.state = state;
    this.onState(state, why);
  }
}
