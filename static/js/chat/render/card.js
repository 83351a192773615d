// A card: picture, title, words and links on one bordered surface.
import { element } from "../page.js";
import { links, words } from "./text.js";

export function picture(body, className) {
  if (!body.image) return [];
  const image = element("img", className);
  Object.assign(image, { src: body.image, alt: body.image_alt ?? "", loading: "lazy" });
  return [image];
}

export function render(body) {
  const card = element("div", "card");
  card.append(...picture(body, "card__image"), ...words(body), ...links(body));
  return [card];
}
