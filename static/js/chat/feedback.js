// Thumbs: one click says it; a thumb down asks why, in place, and takes silence for an answer.
import { byId, copyOf, element, say } from "./page.js";

/** `send(frame)` says whether somebody heard it; if nobody did, the form goes the ordinary way. */
export function listenForFeedback({ conversation, send }) {
  const give = (seq, value, rest = {}) =>
    send({ t: "feedback", conv: conversation(), seq, value, ...rest });

  byId("feedback").addEventListener("submit", (event) => {
    const thumb = event.submitter;
    const [seq, value] = thumb.value.split(" ");
    if (!give(Number(seq), value)) return;
    event.preventDefault();
    const line = thumb.closest(".line");
    for (const other of line.querySelectorAll(".thumb")) {
      other.ariaPressed = String(other === thumb);
    }
    line.querySelector(".why, .thanks")?.remove();
    if (value === "down") askWhy(line, seq);
    else thank(line);
  });

  byId("log").addEventListener("submit", (event) => {
    const form = event.target.closest(".why");
    if (!form) return;
    const given = new FormData(form);
    const rest = { reason: given.get("reason") ?? "", comment: given.get("comment").trim() };
    const line = form.closest(".line");
    if (!give(Number(line.dataset.seq), "down", rest)) return;
    event.preventDefault();
    form.remove();
    thank(line);
  });

  byId("log").addEventListener("click", (event) => {
    if (event.target.dataset?.action !== "dismiss") return;
    event.preventDefault();
    const line = event.target.closest(".line");
    line.querySelector(".why").remove();
    line.querySelector('.thumb[aria-pressed="true"]')?.focus();
  });
}

function askWhy(line, seq) {
  const form = copyOf("line-why");
  form.querySelector("[name=vote]").value = `${seq} down`;
  line.append(form);
  form.querySelector("[name=reason]").focus();
}

function thank(line) {
  const thanks = element("p", "thanks", say("thanks"));
  thanks.role = "status";
  thanks.tabIndex = -1;
  line.append(thanks);
}
