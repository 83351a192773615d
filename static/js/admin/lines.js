// Line editors: counts the lines of a language and names those that stand there twice.
const PAUSE = 150;

function said(text) {
  return text
    .split("\n")
    .map((line) => line.trim().replace(/\s+/g, " "))
    .filter(Boolean);
}

function describe(note, lines) {
  const once = new Set(lines);
  const twice = [...once].filter((line) => lines.indexOf(line) !== lines.lastIndexOf(line));
  const { one, many, twice: doubled } = note.dataset;
  const parts = [once.size === 1 ? one : many.replace("{n}", once.size.toLocaleString(document.documentElement.lang))];
  if (twice.length > 0) parts.push(doubled.replace("{text}", twice.map((line) => `“${line}”`).join(", ")));
  note.textContent = parts.join(" · ");
  note.classList.toggle("is-doubled", twice.length > 0);
}

export function startLines(form) {
  for (const editor of form.querySelectorAll("textarea[data-lines]")) {
    const note = editor.closest(".ca-lines")?.querySelector("[data-count]");
    if (!note) continue;
    let timer;
    const tell = () => describe(note, said(editor.value));
    editor.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(tell, PAUSE);
    });
    tell();
  }
}
