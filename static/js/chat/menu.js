// The menu without reloads: appearance at once; signing out leaves nothing of the person behind.

export function listenToMenu({ outbox, keepsDrafts }) {
  for (const form of document.querySelectorAll("[data-theme-switch]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = event.submitter;
      document.documentElement.dataset.theme = chosen.value;
      for (const other of form.querySelectorAll("[name=theme]")) {
        other.ariaPressed = String(other === chosen);
      }
      fetch(form.action, {
        method: "POST",
        body: new FormData(form, chosen),
        redirect: "manual",
      }).catch(() => {});
    });
  }
  for (const form of document.querySelectorAll("[data-sign-out]")) {
    form.addEventListener("submit", () => {
      outbox.clear();
      if (keepsDrafts) sessionStorage.clear();
    });
  }
}
