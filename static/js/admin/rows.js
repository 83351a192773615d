// Adds rows to a form without reloading: replies, and the choices and links of each.
function addRow(group, added) {
  const total = group.querySelector(`[name="${group.dataset.rows}-TOTAL_FORMS"]`);
  const most = group.querySelector(`[name="${group.dataset.rows}-MAX_NUM_FORMS"]`);
  const index = Number(total.value);
  if (index >= Number(most.value)) return;
  const empty = group.querySelector(":scope > [data-rows-empty]");
  const prefix = group.dataset.rows;
  const html = empty.innerHTML.replaceAll(`${prefix}-__prefix__`, `${prefix}-${index}`);
  const list = group.querySelector(":scope > [data-rows-list]");
  list.insertAdjacentHTML("beforeend", html);
  total.value = index + 1;
  const row = list.lastElementChild;
  const position = row.querySelector('[name$="-position"]');
  if (position) position.value = index + 1;
  start(row, added);
  added();
  row.querySelector("select, input:not([type=hidden]), textarea")?.focus();
}

function start(root, added) {
  for (const button of root.querySelectorAll("[data-rows-add]")) {
    button.hidden = false;
    button.addEventListener("click", () => addRow(button.closest("[data-rows]"), added));
  }
}

export function startRows(form, added) {
  start(form, added);
}
