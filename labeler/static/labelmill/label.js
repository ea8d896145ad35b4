// The token page: wires text, labels, keys, pointer, side and footer together, and draws after each step.
import { Desk } from "./desk.js";
import { Drafts } from "./drafts.js";
import { Flow } from "./flow.js";
import { Keyboard } from "./keyboard.js";
import { LabelBar } from "./labels.js";
import { Lease } from "./lease.js";
import { Outbox } from "./outbox.js";
import { Painter } from "./paint.js";
import { Panels } from "./panels.js";
import { Pointer } from "./pointer.js";
import { Post } from "./post.js";
import { Side } from "./side.js";
import { Status } from "./status.js";
import { Store } from "./store.js";

const main = document.querySelector("[data-labeling]");
const urls = { ...main.dataset };
const room = main.querySelector("[data-room]");
const foot = main.querySelector(".foot");
const store = new Store(urls.labeler);
const outbox = new Outbox(store);
const status = new Status(document, outbox);
let desk = null;
let painter = null;
let chosen = null; // the label in hand, from post to post

const lease = new Lease({ url: urls.renew, lost });
const drafts = new Drafts({ store, url: urls.draft, said: adopt, submitted: elsewhere });
// A button lets go of its label too: there is no Escape on a phone.
const bar = new LabelBar(main.querySelector(".labels"), (name) => (desk?.chosen === name && !desk.target ? desk.choose(null) : desk?.press(name)));
const side = new Side(main.querySelector(".side"), bar.all);
const flow = new Flow({ urls, outbox, drafts, lease, show, idle, tell: (words) => status.note(words) });
const panels = new Panels({ skip: (reason, comment) => submit("skip", { reason, comment }), flag: (comment) => desk?.flag(comment), closed: focus });
new Pointer(room, () => desk);
const commands = {
  submit: () => submit("labels"),
  s: () => panels.open("skip", desk),
  f: () => panels.open("flag", desk),
  "?": () => panels.open("keys", desk),
  b: () => flow.back(),
  "/": () => bar.find(),
  focus,
};
new Keyboard({ desk: () => desk, labels: bar.keys, commands });

function show(article, state) {
  if (article.parentElement !== room) room.replaceChildren(article);
  const post = new Post(article);
  begin(post, state ?? post.draft);
  document.title = `${post.title} · Labelmill`;
  if (!state) {
    drafts.load(post.task).then((local) => {
      // The browser may know more than the server: the network was away, or the page ended between two steps.
      if (local && desk?.post === post && !desk.past.length && local.at > (post.draft.at ?? 0)) begin(post, local);
    });
  }
}

let shownAt = 0;
function begin(post, state) {
  if (desk?.post !== post) shownAt = performance.now();
  desk = new Desk(post, state, chosen);
  painter = new Painter(post, bar.all);
  lease.start(state.active ?? 0);
  desk.addEventListener("change", (event) => changed(event.detail));
  main.dataset.state = "post";
  draw();
  drawRest();
  window.scrollTo(0, 0);
}

let drawing = 0;
function changed({ say, spans }) {
  draw();
  if (spans && !adopting) drafts.keep(desk.post, { ...desk.state(), active: lease.seconds });
  if (say) status.say(say);
  // What is beside the text may come a frame later: the token that was clicked is on screen first.
  cancelAnimationFrame(drawing);
  drawing = requestAnimationFrame(() => setTimeout(drawRest));
}

function draw() {
  chosen = desk.chosen;
  painter.paint(desk);
  const slot = bar.all.get(desk.chosen)?.slot;
  const name = slot ? `text k${slot}` : "text";
  if (desk.post.grid.className !== name) desk.post.grid.className = name;
}

function drawRest() {
  if (!desk) return;
  bar.show(desk.chosen);
  side.show(desk);
  status.pick(desk, bar.all);
}

function focus() {
  const token = desk?.post.tokens[desk.post.word(desk.cursor)[0]];
  token?.focus({ preventScroll: true });
  token?.scrollIntoView({ block: "nearest" });
}

const PAUSE = 1000; // ms; a bounce of the key, or one press too many, answers no question
const DEAF = 500; // ms; nor does it submit a post that nobody has seen
let asked = null;

/** Asks before an answer goes that may be a slip; a second submit after a pause says that it is none. */
function mayGo(kind) {
  const now = performance.now();
  if (kind !== "labels") return true;
  if (!desk.touched && now - shownAt < DEAF) return false;
  const question = desk.range ? `“${desk.post.phrase(...desk.range)}” is selected and has no label. Give it one, or submit again to leave it out.` : desk.answer().length || desk.touched ? "" : "No token is labelled. Submit again if that is right.";
  if (!question) return true;
  if (asked?.desk === desk && asked.question === question) return now - asked.at > PAUSE;
  asked = { desk, question, at: now };
  status.note(question);
  return false;
}

function submit(kind, { reason = "", comment = "" } = {}) {
  if (!desk) return;
  if (!mayGo(kind)) return;
  const spans = kind === "labels" ? desk.answer() : [];
  status.note("");
  const done = { spans: spans.length, seconds: lease.seconds };
  const body = { kind, spans, reason, comment: comment || desk.comment, flagged: desk.flagged, active: done.seconds };
  const { post } = desk;
  const state = { ...desk.state(), active: done.seconds };
  desk.selected = null;
  status.count(done);
  flow.submit(body, state, post.title);
}

function idle(why, words = "") {
  desk = null;
  side.clear();
  main.dataset.state = why;
  room.replaceChildren(document.getElementById(`state-${why}`).content.cloneNode(true));
  if (words) room.querySelector("[data-why]").textContent = words;
}

let adopting = false;
function adopt({ task, state }) {
  if (desk?.post.task !== task) return;
  adopting = true;
  desk.adopt(state);
  adopting = false;
}

function elsewhere(task) {
  if (flow.ahead?.dataset.task === task) flow.ahead = null;
  if (desk?.post.task !== task) return;
  status.note("This post was submitted in another tab.");
  flow.next();
}

function lost(token) {
  if (flow.ahead?.dataset.lease === token) {
    flow.ahead = null;
    flow.prefetch();
  } else if (desk?.post.lease === token) {
    lease.hold(flow.ahead?.dataset.lease);
    status.note("Your time on this post ran out and somebody else has it now. Go on: your work is kept as a second opinion.");
  }
}

// Buttons that do what keys do.
const buttons = {
  undo: () => desk?.undo(),
  redo: () => desk?.redo(),
  back: () => flow.back(),
  skip: () => commands.s(),
  flag: () => commands.f(),
  keys: () => commands["?"](),
  same: () => desk?.labelTwins(),
  remove: () => desk?.remove(),
  accept: () => desk?.acceptAll(),
  retry: () => flow.next(),
};
document.addEventListener("click", (event) => {
  const deed = buttons[event.target.closest("button[data-do]")?.dataset.do];
  if (deed) deed();
});
addEventListener("pagehide", () => flow.leave(!desk?.touched));
foot.addEventListener("submit", (event) => {
  event.preventDefault();
  submit("labels");
});
const place = () => desk && painter.place(desk.selected, desk.range);
addEventListener("resize", place);
document.fonts.ready.then(place);

const first = room.querySelector(".post");
if (first) flow.open(first);
outbox.flush().then(() => flow.prefetch());
performance.mark("clickable");
