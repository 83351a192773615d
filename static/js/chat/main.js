// Starts the chat: ties socket, outbox, view and composer together. Without it, forms do the same.
import { Bar } from "./bar.js";
import { Composer } from "./composer.js";
import { listenForFeedback } from "./feedback.js";
import { listenToMenu } from "./menu.js";
import { Outbox } from "./outbox.js";
import { byId, config, newId, say } from "./page.js";
import { Polling } from "./polling.js";
import { Receipts } from "./receipts.js";
import { Sender } from "./sender.js";
import { Socket } from "./socket.js";
import { View } from "./view.js";

const TYPING_EVERY_MS = 3_000;
const memory = byId("chat").dataset.storage === "memory";
const here = { conv: config.conversation, epoch: config.epoch, last: config.seq };

const outbox = await new Outbox(config.person).open({ memory });
adoptFreshConversation();
const view = new View();
const bar = new Bar({ waiting: () => outbox.waiting().length });
const socket = new Socket({
  address: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/chat/`,
  hello: () => ({
    t: "hello",
    v: 1,
    bot: config.bot,
    lang: config.language,
    resume: [{ conv: here.conv, epoch: here.epoch, after: here.last }],
  }),
  onFrame: (frame) => HANDLERS[frame.t]?.(frame),
  onState: (state, why) => bar.set(state, why),
  onClose: (code) => {
    view.setTyping(null);
    sender.lost(code);
  },
  onHopeless: () => {
    link = new Polling({
      place: () => here,
      onFrame: (frame) => HANDLERS[frame.t]?.(frame),
      onState: (state, why) => {
        bar.set(state, why);
        if (state !== "open") sender.lost(1001);
      },
    });
  },
});
let link = socket;
const sender = new Sender(outbox, {
  transmit: (frame) => link.send(frame),
  onChange: (item, state) => {
    if (item.conv === here.conv) view.showItem(item);
    view.markItem(item, state);
    bar.update();
  },
  onStuck: () => link.drop(),
});
const receipts = new Receipts((frame) => link.send(frame));
receipts.start(here.conv, here.last);

const HANDLERS = {
  welcome: (frame) => composer.setLimit(frame.limits.body),
  event: onEvent,
  ack: (frame) => onAck(frame),
  ready: (frame) => isHere(frame) && sender.ready(true),
  reset: (frame) => isHere(frame) && onReset(frame),
  eph: (frame) => isHere(frame) && onEphemeral(frame),
  state: (frame) => isHere(frame) && onMode(frame.mode),
  error: onError,
};
const isHere = (frame) => frame.conv === here.conv;

/** R5: the next one is shown, a known one dropped, after a gap everything missed is asked for. */
function onEvent(event) {
  if (event.id) sender.stored(event.id);
  if (!isHere(event)) return;
  if (event.seq > here.last + 1) {
    link.drop(1001);
    return;
  }
  const live = event.seq === here.last + 1;
  if (!live && view.has(event.seq)) return;
  if (live) {
    here.last = event.seq;
    receipts.arrived(event.seq);
  }
  view.show(event, { live });
  bar.update();
  updateEarlier();
}

function onAck({ id, conv }) {
  const line = view.lineOf(id);
  const item = outbox.find(id);
  if (line && item && !line.dataset.seq) view.markItem(item, "sent");
  sender.stored(id);
  bar.update();
  if (conv === here.conv && location.pathname !== config.address) {
    history.replaceState(null, "", config.address);
    for (const field of document.querySelectorAll("input[name=next]")) field.value = config.address;
  }
}

function onReset({ epoch, last }) {
  Object.assign(here, { epoch, last });
  view.clear();
  if (last) link.send({ t: "history", conv: here.conv, before: last + 1, limit: 50 });
}

let streamed = "";
function onEphemeral({ kind, text = "", off }) {
  if (kind === "typing" && off === true) return view.setTyping(null);
  if (kind === "typing") streamed = "";
  else streamed = (typeof off === "number" ? streamed.slice(0, off) : streamed) + text;
  return view.setTyping(streamed);
}

function onMode(mode) {
  const label = byId("who");
  label.textContent = mode === "agent" ? label.dataset.agent : label.dataset.bot;
  if (mode === "closed") composer.disable();
}

function onError(frame) {
  if (frame.ref === here.conv && frame.code === "not_found") bar.set("stopped", "signed_out");
  sender.refused(frame);
}

/** A message written here; false when it can't even wait. */
async function write(kind, body, text) {
  if (outbox.isFull) {
    byId("count").hidden = false;
    byId("count").textContent = say("full");
    return false;
  }
  const fresh = here.last === 0;
  view.toEnd();
  await sender.add({ id: newId(), conv: here.conv, bot: config.bot, kind, body, text, fresh });
  view.toEnd();
  return true;
}

/** Unsent first words name a conversation that the server has not seen: go on with that one. */
function adoptFreshConversation() {
  const item = outbox.items.find((one) => one.fresh && one.bot === config.bot);
  if (here.last || !item || item.conv === here.conv || location.pathname !== "/") return;
  config.address = config.address.replace(here.conv, item.conv);
  here.conv = item.conv;
}

let typedAt = 0;
const composer = new Composer({
  limit: config.limit,
  draftKey: () => (memory ? "" : `draft:${here.last ? here.conv : config.bot}`),
  onSend: (text) => write("text", text, text),
  onTyping: (on) => {
    if (Date.now() - typedAt < TYPING_EVERY_MS) return;
    typedAt = Date.now();
    if (here.last) link.send({ t: "typing", conv: here.conv, on });
  },
});
if (config.mode === "closed") composer.disable();

byId("choices").addEventListener("submit", (event) => {
  event.preventDefault();
  const chip = event.submitter;
  view.setChoices([]);
  write("postback", chip.value, chip.textContent);
  composer.focus();
});

byId("log").addEventListener("click", (event) => {
  const id = event.target.closest(".line--failed")?.dataset.id;
  if (!id) return;
  if (event.target.dataset.action === "retry") sender.retry(id);
  if (event.target.dataset.action === "copy") {
    navigator.clipboard?.writeText(outbox.find(id)?.text ?? "");
    event.target.textContent = say("copied");
  }
});

const earlier = document.querySelector("[data-before]");
earlier?.addEventListener("click", (event) => {
  const wanted = { t: "history", conv: here.conv, before: view.first, limit: 50 };
  if (link.send(wanted)) event.preventDefault();
});
function updateEarlier() {
  if (earlier && view.first === 1) earlier.remove();
}

listenForFeedback({ conversation: () => here.conv, send: (frame) => link.send(frame) });
listenToMenu({ outbox, keepsDrafts: !memory });
for (const item of outbox.items) if (item.conv === here.conv) view.showItem(item);
addEventListener("beforeunload", (event) => {
  if (memory && outbox.waiting().length) event.preventDefault();
});
socket.connect();
