// The page's settings and sentences as the server wrote them, and small makers of its parts.

export const config = JSON.parse(document.getElementById("chat-config").textContent);

const plurals = new Intl.PluralRules(config.language);
const numbers = new Intl.NumberFormat(config.language);
const clock = new Intl.DateTimeFormat(config.language, { hour: "numeric", minute: "2-digit" });
const date = new Intl.DateTimeFormat(config.language, { dateStyle: "long" });

/** The sentence of this name; one with a `count` in the form which the language wants for it. */
export function say(name, values = {}) {
  let sentence = config.strings[name] ?? "";
  if (typeof sentence === "object") {
    sentence = sentence[plurals.select(values.count)] ?? sentence.other;
  }
  return sentence.replace(/%\((\w+)\)s/g, (_all, key) =>
    typeof values[key] === "number" ? numbers.format(values[key]) : (values[key] ?? ""),
  );
}

export const timeText = (moment) => clock.format(moment);

/** The local day, to compare; and how to call it. */
export const dayOf = (moment) =>
  [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()]
    .map((part) => String(part).padStart(2, "0"))
    .join("-");

export function dayText(moment) {
  const yesterday = new Date();
  yesterday.setDate(yesterday.getDate() - 1);
  if (dayOf(moment) === dayOf(new Date())) return say("today");
  return dayOf(moment) === dayOf(yesterday) ? say("yesterday") : date.format(moment);
}

export const byId = (id) => document.getElementById(id);

/** A copy of what a template holds. */
export const copyOf = (id) => byId(id).content.firstElementChild.cloneNode(true);

export function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${config.sprite}#${name}`);
  svg.append(use);
  return svg;
}

/** A version 4 UUID; `crypto.randomUUID` is missing on plain HTTP away from loopback. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}
