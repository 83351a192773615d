// Makes the theme's clickable icons and menus work with a keyboard and speak to screen readers.
const PLAIN = "[x-on\\:click]:not(a[href], button, input, select, textarea, label, [tabindex])";
const ICON = "material-symbols-outlined";
const words = document.getElementById("page")?.dataset ?? {};

// The theme writes icons as words of an icon font, such as "more_horiz"; the page says what they mean.
function meaningOf(icon) {
  const name = icon.textContent.trim();
  return words[`label${name.replace(/(^|_)(\w)/g, (_all, _start, letter) => letter.toUpperCase())}`];
}

function saysSomething(control) {
  const copy = control.cloneNode(true);
  for (const icon of copy.querySelectorAll(`.${ICON}`)) icon.remove();
  return !copy.classList.contains(ICON) && copy.textContent.trim() !== "";
}

function nameIcons(root) {
  for (const icon of root.querySelectorAll(`.${ICON}`)) {
    const control = icon.closest("a, button, [x-on\\:click]") ?? icon;
    const isNamed = control.ariaLabel || control.title || saysSomething(control);
    if (!isNamed) control.ariaLabel = meaningOf(icon) ?? words.labelMore;
    if (control !== icon) icon.ariaHidden = "true";
  }
}

function addKeys(element) {
  element.tabIndex = 0;
  element.role = "button";
  element.addEventListener("keydown", (event) => {
    if (event.target === element && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      element.click();
    }
  });
}

nameIcons(document);
for (const element of document.querySelectorAll(PLAIN)) addKeys(element);
