// A reply in words: the server's HTML where it made some, else plain text; then its links.
import { element, icon, say } from "../page.js";

const LINKS = /^(https:|mailto:|tel:)/;

export function words(body) {
  const parts = [];
  if (body.title) parts.push(element("p", "title", body.title));
  if (body.html) {
    const rich = element("div", "rich");
    // Made from Markdown and cleaned by the server; people's own words never come as HTML.
    rich.innerHTML = body.html;
    parts.push(rich);
  } else if (body.text) {
    parts.push(element("p", "plain", body.text));
  }
  return parts;
}

export function links(body) {
  const wanted = (body.buttons ?? []).filter((button) => LINKS.test(button.url));
  if (!wanted.length) return [];
  const row = element("p", "links");
  for (const { title, url } of wanted) {
    const link = element("a", "button", title);
    link.href = url;
    link.rel = "noopener noreferrer";
    if (url.startsWith("https:")) {
      link.target = "_blank";
      const mark = icon("external");
      mark.classList.add("icon--mirror");
      link.append(mark, element("span", "visually-hidden", say("new_window")));
    }
    row.append(link);
  }
  return [row];
}

export function render(body) {
  return [...words(body), ...links(body)];
}
