// Makes the lines of the transcript from the page's templates; one file per kind of reply draws it.
import { config, copyOf, dayOf, element, icon, say, timeText } from "./page.js";
import { render as card } from "./render/card.js";
import { render as image } from "./render/image.js";
import { render as text } from "./render/text.js";

const RENDERERS = { text, card, image };
const ICONS = { waiting: "clock", sending: "clock", sent: "check", answered: "checks" };
const AUTHORS = new Set(["user", "bot", "agent", "system"]);

/** A stored message. A kind that this page does not know says itself as text. */
export function lineOf(event) {
  const author = AUTHORS.has(event.author) ? event.author : "system";
  const line = copyOf(`line-${author}`);
  const body = line.querySelector(".line__body");
  if (event.body.missing) {
    body.append(element("p", "missing", say("deleted")));
    line.querySelector(".thumbs")?.remove();
  } else if (author === "user") {
    body.textContent = event.body.text;
  } else {
    body.append(...(RENDERERS[event.kind] ?? text)(event.body));
  }
  markStored(line, event);
  return line;
}

/** An own message that is not stored yet. */
export function lineOfItem(item) {
  const line = copyOf("line-user");
  line.querySelector(".line__body").textContent = item.text;
  line.dataset.id = item.id;
  markTime(line, new Date(item.at));
  return line;
}

export function markStored(line, event) {
  line.id = `m${event.seq}`;
  line.dataset.seq = event.seq;
  line.dataset.author = event.author;
  if (event.id) line.dataset.id = event.id;
  if (event.generated_by) line.dataset.generatedBy = event.generated_by;
  for (const thumb of line.querySelectorAll(".thumb")) {
    thumb.value = `${event.seq} ${thumb.value.trim()}`;
  }
  markTime(line, new Date(event.ts));
}

export function markTime(line, moment) {
  const time = line.querySelector("time");
  time.dateTime = moment.toISOString();
  time.textContent = timeText(moment);
  line.dataset.day = dayOf(moment);
}

/** The state of an own message: an icon for the eye, a word for the ear. */
export function markState(line, state, why = "") {
  line.querySelector(".failed")?.remove();
  line.classList.toggle("line--failed", state === "failed");
  if (state === "failed") {
    const failed = copyOf("line-failed");
    const reason = config.strings[`failed_${why}`] ? `failed_${why}` : "failed";
    failed.querySelector(".failed__text").textContent = say(reason);
    line.append(failed);
    return;
  }
  const mark = line.querySelector(".state");
  mark.dataset.state = state;
  mark.replaceChildren(icon(ICONS[state]), element("span", "visually-hidden", say(state)));
}
