// The pages on which staff teach: starts what each part of them needs. All of it works without a script, less quickly.
import { startColour } from "./colour.js";
import { startLines } from "./lines.js";
import { startRows } from "./rows.js";
import { startSliders } from "./sliders.js";
import { startTabs } from "./tabs.js";

function saveByKeyboard(event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    const save = document.querySelector("[name=_continue]") ?? document.querySelector("[name=_save]");
    if (save) {
      event.preventDefault();
      save.click();
    }
  }
}

function start() {
  const page = document.querySelector("[data-teach]");
  if (!page) return;
  const form = page.closest("form");
  startTabs(form);
  startRows(form, () => form.dispatchEvent(new Event("rows-added")));
  startLines(form);
  startSliders(form);
  startColour(form);
  document.addEventListener("keydown", saveByKeyboard);
}

start();
