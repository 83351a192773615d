// Language tabs: shows the parts of a form that are written in the chosen language, hides the others.
const MEMORY = "admin-language";

export function startTabs(form) {
  const tabs = form.querySelector("[data-tabs]");
  if (!tabs) return;
  const radios = [...tabs.querySelectorAll("input[type=radio]")];
  const wrong = radios.find((radio) => form.querySelector(`[data-lang="${radio.value}"] .has-errors`));
  const remembered = radios.find((radio) => radio.value === sessionStorage.getItem(MEMORY));
  const first = wrong ?? remembered;
  if (first) first.checked = true;

  const show = () => {
    const chosen = radios.find((radio) => radio.checked) ?? radios[0];
    for (const part of form.querySelectorAll("[data-lang]")) part.hidden = part.dataset.lang !== chosen.value;
    sessionStorage.setItem(MEMORY, chosen.value);
  };
  for (const radio of radios) {
    const broken = form.querySelector(`[data-lang="${radio.value}"] .has-errors`);
    radio.closest("label").classList.toggle("has-errors", Boolean(broken));
  }
  tabs.addEventListener("change", (event) => {
    // Which language is shown is no change to save.
    event.stopPropagation();
    show();
  });
  form.addEventListener("rows-added", show);
  show();
}
