// Draws the shades of the picked colour as the chat will show them.
const PAUSE = 120;

export function startColour(form) {
  const picker = form.querySelector("input[name=colour]");
  const preview = form.querySelector("[data-palette]");
  if (!picker || !preview) return;
  let timer;
  const draw = async () => {
    const answer = await fetch(`${preview.dataset.palette}?colour=${encodeURIComponent(picker.value)}`);
    if (!answer.ok) return;
    const shades = await answer.json();
    for (const part of preview.querySelectorAll("[data-shade]")) part.setAttribute("fill", shades[part.dataset.shade]);
    preview.querySelector("[data-adjusted]").hidden = !shades.adjusted;
  };
  picker.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(draw, PAUSE);
  });
}
