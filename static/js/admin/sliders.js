// Puts a slider beside a number field; the number stays what is saved, and can be typed.
export function startSliders(form) {
  for (const number of form.querySelectorAll("input[data-slider]")) {
    const slider = document.createElement("input");
    slider.type = "range";
    for (const name of ["min", "max", "step"]) slider[name] = number[name];
    slider.value = number.value;
    slider.className = "ca-slider";
    slider.setAttribute("aria-label", number.labels[0]?.textContent.trim() ?? "");
    slider.addEventListener("input", () => {
      number.value = slider.value;
      number.dispatchEvent(new Event("change", { bubbles: true }));
    });
    number.addEventListener("input", () => {
      slider.value = number.value;
    });
    number.after(slider);
  }
}
