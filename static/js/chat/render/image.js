// A picture with what it shows in words; a caption that only repeats those words is left out.
import { element } from "../page.js";
import { picture } from "./card.js";
import { links, words } from "./text.js";

export function render(body) {
  const box = element("div", "image");
  const told = body.text === body.image_alt && !body.html;
  box.append(...picture(body, "image__image"));
  box.append(...words(told ? { title: body.title } : body), ...links(body));
  return [box];
}
