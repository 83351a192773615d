// The slim bar under the header: what is wrong with the connection; empty when all is well.
import { byId, icon, say } from "./page.js";

const PATIENCE_MS = 2_000;

export class Bar {
  #bar = byId("bar");
  #late = false;
  #timer = 0;
  #shown = "";

  constructor({ waiting }) {
    this.waiting = waiting;
    this.state = "connecting";
    this.why = "";
    addEventListener("online", () => this.update());
    addEventListener("offline", () => this.update());
  }

  set(state, why) {
    Object.assign(this, { state, why });
    if (state === "open") {
      clearTimeout(this.#timer);
      this.#timer = 0;
      this.#late = false;
    } else if (!this.#timer) {
      // Most breaks heal before anybody needs to know.
      this.#timer = setTimeout(() => {
        this.#late = true;
        this.update();
      }, PATIENCE_MS);
    }
    this.update();
  }

  update() {
    const text = this.#text();
    if (text === this.#shown) return;
    this.#shown = text;
    const sign = icon(navigator.onLine ? "retry" : "offline");
    this.#bar.replaceChildren(...(text ? [sign, text] : []));
  }

  #text() {
    const count = this.waiting();
    if (!navigator.onLine) return count ? say("offline_waiting", { count }) : say("offline");
    if (this.state === "stopped") return say(this.why);
    return this.#late ? say("reconnecting") : "";
  }
}
