// Where one writes: grows, counts, keeps its draft, sends on Enter. Never blocked by sending.
import { byId, say } from "./page.js";

const COUNT_FROM = 0.9;

export class Composer {
  #form = byId("composer");
  #text = byId("text");
  #count = byId("count");
  #keptUnder = "";

  constructor({ limit, draftKey, onSend, onTyping }) {
    Object.assign(this, { limit, draftKey, onSend, onTyping });
    // The server counts code points, an input counts UTF-16 units.
    this.#text.removeAttribute("maxlength");
    // An empty Enter is no mistake that wants the browser's bubble.
    this.#form.noValidate = true;
    const key = draftKey();
    if (key && !this.#text.value) this.#text.value = sessionStorage.getItem(key) ?? "";
    this.#text.addEventListener("input", () => this.#changed());
    this.#text.addEventListener("keydown", (event) => this.#key(event));
    this.#form.addEventListener("submit", (event) => this.#submit(event));
    this.#changed({ typed: false });
    if (matchMedia("(pointer: fine)").matches) this.focus();
  }

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  setLimit(limit) {
    this.limit = limit;
    this.#changed({ typed: false });
  }

  disable() {
    this.#text.disabled = true;
    this.#form.querySelector("button").disabled = true;
  }

  #key(event) {
    // While an input method composes, Enter only takes its proposal.
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || composing) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  async #submit(event) {
    event.preventDefault();
    const text = this.#text.value.trim();
    if (!text || this.#left() < 0) return this.focus();
    // Before anything is awaited: what is typed meanwhile is the next message.
    this.#put("");
    this.focus();
    if (!(await this.onSend(text)) && !this.#text.value) this.#put(text);
  }

  #put(text) {
    this.#text.value = text;
    this.#changed({ typed: false });
  }

  // A conversation that has just begun gets a key of its own; its draft moves with it.
  #keepDraft() {
    const key = this.draftKey();
    if (!key) return;
    if (this.#keptUnder && this.#keptUnder !== key) sessionStorage.removeItem(this.#keptUnder);
    sessionStorage.setItem(key, this.#text.value);
    this.#keptUnder = key;
  }

  #left() {
    return this.limit - [...this.#text.value.trim()].length;
  }

  #changed({ typed = true } = {}) {
    this.#keepDraft();
    if (!CSS.supports("field-sizing", "content")) {
      this.#text.style.blockSize = "auto";
      this.#text.style.blockSize = `${this.#text.scrollHeight}px`;
    }
    const left = this.#left();
    this.#count.hidden = left > this.limit * (1 - COUNT_FROM);
    this.#count.classList.toggle("is-over", left < 0);
    this.#count.textContent = this.#count.hidden
      ? ""
      : say(left < 0 ? "over" : "left", { count: Math.abs(left) });
    if (typed) this.onTyping(Boolean(this.#text.value));
  }
}
