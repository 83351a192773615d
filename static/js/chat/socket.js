// One living connection in chat.v1: hello, heartbeat, back-off, close codes. Knows no messages.

const BACK_OFF_MS = 500;
const BACK_OFF_CAP_MS = 30_000;
const STABLE_MS = 5_000;
const WELCOME_MS = 10_000;
const PONG_MS = 10_000;
const SLOW_DOWN_MS = 10_000;
const HOPELESS_AFTER = 4;
/** Closes after which another try is useless until the page is loaded again. */
const FINAL = { 4401: "signed_out", 4403: "refused", 4406: "refused", 4409: "replaced" };

export class Socket {
  state = "waiting";
  #ws = null;
  #timers = {};
  #attempt = 0;
  #pause = 0;
  #pings = 0;
  #failures = 0;

  /**
   * `hello()` makes the first frame; `onState` hears connecting, open, waiting, stopped;
   * `onHopeless` that never a word came through, as behind some proxies.
   */
  constructor({ address, hello, onFrame, onState, onClose, onHopeless }) {
    Object.assign(this, { address, hello, onFrame, onState, onClose, onHopeless });
    addEventListener("online", () => this.connect());
    addEventListener("offline", () => this.drop());
    addEventListener("pagehide", () => this.#close(1000, "waiting"));
    addEventListener("pageshow", (event) => event.persisted && this.connect());
  }

  get isOpen() {
    return this.state === "open";
  }

  connect() {
    if (this.#ws || this.state === "stopped") return;
    clearTimeout(this.#timers.retry);
    this.#become("connecting");
    const ws = new WebSocket(this.address, "chat.v1");
    this.#ws = ws;
    this.#after("welcome", WELCOME_MS, () => this.drop());
    ws.onopen = () => ws.send(JSON.stringify(this.hello()));
    ws.onmessage = (event) => this.#receive(event.data);
    ws.onclose = (event) => this.#closed(event.code);
  }

  /** False when there is nobody to hear it. */
  send(frame) {
    if (!this.isOpen || this.#ws.readyState !== WebSocket.OPEN) return false;
    this.#ws.send(JSON.stringify(frame));
    return true;
  }

  /** Give up this connection, because it seems dead or for another reason, and try a new one. */
  drop(code = 4000) {
    this.#close(code, null);
  }

  #receive(text) {
    const frame = JSON.parse(text);
    clearTimeout(this.#timers.pong);
    if (frame.t === "welcome") this.#welcomed(frame);
    if (frame.t === "error" && frame.after_ms) this.#pause = frame.after_ms;
    if (frame.t !== "pong") this.onFrame(frame);
  }

  #welcomed(frame) {
    clearTimeout(this.#timers.welcome);
    this.#failures = -Infinity;
    this.#after("stable", STABLE_MS, () => (this.#attempt = 0));
    this.#timers.beat = setInterval(() => this.#beat(), (frame.hb || 25) * 1000);
    this.#become("open");
  }

  #beat() {
    this.send({ t: "ping", n: ++this.#pings });
    this.#after("pong", PONG_MS, () => this.drop());
  }

  #close(code, state) {
    const ws = this.#ws;
    if (!ws) return;
    // A dead network answers no closing handshake, so nobody waits for one.
    ws.onopen = ws.onmessage = ws.onclose = null;
    ws.close(code === 4000 ? code : 1000);
    this.#closed(code, state);
  }

  #closed(code, state = null) {
    this.#ws = null;
    clearInterval(this.#timers.beat);
    for (const name of ["welcome", "stable", "pong"]) clearTimeout(this.#timers[name]);
    this.onClose(code);
    if (FINAL[code]) return this.#become("stopped", FINAL[code]);
    this.#become("waiting");
    if (navigator.onLine && ++this.#failures >= HOPELESS_AFTER) return this.onHopeless();
    if (state === null) this.#retryLater(code);
  }

  #retryLater(code) {
    let wait = Math.random() * Math.min(BACK_OFF_CAP_MS, BACK_OFF_MS * 2 ** this.#attempt++);
    if (code === 4429 || code === 4400) wait += this.#pause || SLOW_DOWN_MS;
    this.#pause = 0;
    this.#after("retry", wait, () => this.connect());
  }

  #become(state, why = "") {
    this.state = state;
    this.onState(state, why);
  }

  #after(name, delay, call) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(call, delay);
  }
}
