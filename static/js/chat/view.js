// The transcript on the page: what is shown, in which order, and whether the reader follows.
import { byId, copyOf, dayText, element, say } from "./page.js";
import { lineOf, lineOfItem, markState, markStored, markTime } from "./lines.js";

const NEAR_END_PX = 96;
const ANNOUNCED = 5;

export class View {
  #log = byId("log");
  #choices = byId("choices");
  #pill = byId("pill");
  #announcer = byId("announcer");
  #typing = null;
  #following = true;
  #height = 0;

  constructor() {
    this.name = document.querySelector(".who__name").textContent;
    for (const line of this.#stored()) {
      markTime(line, new Date(line.querySelector("time").dateTime));
    }
    byId("waiting")?.remove();
    this.#redraw();
    history.scrollRestoration = "manual";
    // A first visit begins at its beginning; a link to one message shows that.
    this.#following = this.first > 0 && !location.hash.startsWith("#m");
    if (this.#following) this.toEnd();
    addEventListener("scroll", () => this.#scrolled(), { passive: true });
    addEventListener("resize", () => this.#resized());
    new ResizeObserver(() => this.#resized()).observe(document.body);
    this.#pill.addEventListener("click", () => this.toEnd());
  }

  /** The first place that is shown; 0 when nothing is. */
  get first() {
    return Number(this.#stored()[0]?.dataset.seq ?? 0);
  }

  has(seq) {
    return Boolean(byId(`m${seq}`));
  }

  /** Show a stored message where it belongs; `live` ones are announced and change the chips. */
  show(event, { live }) {
    // Where nothing was to be read yet, everybody wants to see what comes.
    if (document.body.classList.contains("chat--empty")) this.#following = true;
    const own = event.id && this.lineOf(event.id);
    const line = own || lineOf(event);
    if (own) {
      markStored(own, event);
    } else {
      line.classList.toggle("is-new", live);
    }
    if (event.author === "user") markState(line, "sent");
    this.#place(line, event.seq);
    if (live) this.#arrived(event);
    this.#redraw();
  }

  /** Show an own message that waits; it stands after everything that is stored. */
  showItem(item) {
    if (this.lineOf(item.id)) return;
    const line = lineOfItem(item);
    markState(line, item.failed ? "failed" : "waiting", item.failed);
    this.#log.insertBefore(line, this.#typing);
    this.setChoices([]);
    this.#redraw();
  }

  markItem(item, state) {
    const line = this.lineOf(item.id);
    if (line && !line.dataset.seq) markState(line, state, item.failed);
  }

  lineOf(id) {
    return this.#log.querySelector(`[data-id="${CSS.escape(id)}"]`);
  }

  /** Dots, or what is already said of the answer; null takes them away. */
  setTyping(text) {
    if (text === null) {
      this.#typing?.remove();
      this.#typing = null;
      return;
    }
    if (!this.#typing) {
      this.#typing = copyOf("line-typing");
      this.#log.append(this.#typing);
    }
    if (text) this.#typing.replaceChildren(element("p", "plain", text));
  }

  setChoices(choices) {
    const chips = choices.map(({ title, payload }) => {
      const chip = element("button", "chip", title);
      Object.assign(chip, { name: "choice", value: payload, dir: "auto" });
      return chip;
    });
    this.#choices.querySelector(".choices__list").replaceChildren(...chips);
    this.#choices.hidden = !chips.length;
  }

  clear() {
    for (const line of this.#stored()) line.remove();
    this.setTyping(null);
    this.setChoices([]);
    this.#redraw();
  }

  toEnd() {
    this.#height = document.documentElement.scrollHeight;
    scrollTo({ top: this.#height, behavior: "instant" });
    this.#following = true;
    this.#pill.hidden = true;
  }

  #stored() {
    return [...this.#log.querySelectorAll(".line[data-seq]")];
  }

  #place(line, seq) {
    const next = this.#stored().find((other) => other !== line && Number(other.dataset.seq) > seq);
    const waiting = this.#log.querySelector(".line[data-id]:not([data-seq])");
    const before = next ?? waiting ?? this.#typing;
    const isThere = line.parentNode && line.nextElementSibling === before;
    if (!isThere) this.#log.insertBefore(line, before);
  }

  #arrived(event) {
    if (event.author === "user") {
      this.setChoices([]);
      return;
    }
    this.setTyping(null);
    this.#markAnswered(event.seq);
    const isLatest = !this.#stored().some((line) => Number(line.dataset.seq) > event.seq);
    if (isLatest) this.setChoices(event.body.choices ?? []);
    if (!this.#following) this.#pill.hidden = false;
    const text = event.body.text || event.body.title || event.body.image_alt || "";
    this.#announcer.append(element("p", "", say("says", { name: this.name, text })));
    while (this.#announcer.children.length > ANNOUNCED) this.#announcer.firstChild.remove();
  }

  #markAnswered(seq) {
    const sent = '.line--user[data-seq]:has([data-state="sent"])';
    for (const line of this.#log.querySelectorAll(sent)) {
      if (Number(line.dataset.seq) < seq) markState(line, "answered");
    }
  }

  #redraw() {
    for (const day of this.#log.querySelectorAll(".day")) day.remove();
    let day = "";
    let last = null;
    for (const line of [...this.#log.querySelectorAll(".line[data-day]")]) {
      if (line.dataset.day !== day) line.before(this.#day(line));
      day = line.dataset.day;
      line.classList.remove("is-last");
      last = line;
    }
    last?.classList.add("is-last");
    document.body.classList.toggle("chat--empty", !last);
  }

  #day(line) {
    const separator = element("li", "day");
    const time = element("time", "", dayText(new Date(line.querySelector("time").dateTime)));
    time.dateTime = line.dataset.day;
    separator.append(time);
    return separator;
  }

  #resized() {
    this.#height = document.documentElement.scrollHeight;
    if (this.#following) this.toEnd();
  }

  #scrolled() {
    // A page that changed its height scrolls by itself; only a person's scrolling counts.
    const { scrollHeight } = document.documentElement;
    if (scrollHeight !== this.#height) return;
    this.#following = scrollHeight - innerHeight - scrollY < NEAR_END_PX;
    if (this.#following) this.#pill.hidden = true;
  }
}
