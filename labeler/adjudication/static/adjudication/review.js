// The page that decides a dispute: takes answers by a key each, or edits, and saves the decision.
import { Refused, send } from "../labelmill/server.js";
import { Aside } from "./aside.js";
import { Choices } from "./choices.js";
import { Editing } from "./editing.js";
import { Lanes } from "./lanes.js";

const FIELDS = "input:not([type=radio]), textarea, select";
const main = document.querySelector("[data-review]");
const slots = new Map([...main.querySelectorAll(".lab input")].map((input) => [input.value, Number(input.dataset.slot)]));
const choices = new Choices(JSON.parse(main.dataset.disputes), JSON.parse(main.dataset.agreed));
const lanes = new Lanes(main.querySelector(".lanes"), slots);
const aside = new Aside(main.querySelector(".side"), lanes, slots, { take: (key) => choices.take(key), go });
const noted = document.querySelector("[data-note]");
const why = document.getElementById("why");
const upon = { seen: Number(main.dataset.seen), after: Number(main.dataset.after) };
const commands = { submit, "?": () => open("keys"), r: () => open("send"), w: () => why.focus() };
let editing = null;
let saving = false;

function say(words) {
  document.querySelector("[data-live]").textContent = words;
}

function note(words) {
  noted.firstElementChild.textContent = words;
  noted.hidden = !words;
}

function open(id) {
  document.getElementById(id).showPopover();
  if (id === "send") document.querySelector("#send input").focus();
}

function button(name) {
  return main.querySelector(`.foot [data-do=${name}]`);
}

function show() {
  lanes.show(choices);
  aside.show(choices);
  const count = choices.disputes.length;
  main.querySelector("[data-at]").textContent = count ? `${choices.at + 1} of ${count}` : "";
  button("undo").disabled = !choices.past.length;
  button("submit").firstChild.data = choices.open ? `${choices.open} to decide ` : "Save ";
  button("submit").disabled = choices.open > 0;
  if (choices.now) {
    const { first, last } = choices.now;
    main.querySelector("[data-everywhere]").href = `${main.dataset.phrases}?${new URLSearchParams({ phrase: lanes.text(first, last) })}`;
  }
}

function go(index) {
  choices.go(index);
  if (choices.now) lanes.reveal(choices.now);
}

function mode(name) {
  main.dataset.mode = name;
  const edits = name === "edit";
  for (const [selector, hidden] of [[".labels", !edits], ["[data-room]", !edits], ["[data-lanes]", edits], ["[data-options]", edits], ["[data-list]", edits], ["[data-edited]", !edits], ["[data-steps]", edits], ["[data-everywhere]", edits]]) {
    main.querySelector(selector).hidden = hidden;
  }
  main.querySelector("[data-decide-form] .head").hidden = edits;
  button("edit").firstChild.data = edits ? "Back to the answers " : "Edit ";
}

function edit() {
  if (editing?.desk) {
    editing.end();
    mode("lanes");
    return show();
  }
  editing ??= new Editing(main, { commands, say, changed: (desk) => (button("undo").disabled = !desk.past.length) });
  mode("edit");
  editing.begin(choices.spans());
  button("submit").disabled = false;
  button("submit").firstChild.data = "Save ";
  return undefined;
}

async function submit() {
  if (saving) return;
  if (!editing?.desk && choices.open) return note(`${choices.open} of ${choices.disputes.length} are not decided yet.`);
  saving = true;
  note("");
  try {
    const spans = editing?.desk ? editing.desk.answer() : choices.spans();
    const { next } = await send(main.dataset.decide, { spans, why: why.value.trim(), ...upon });
    location.assign(next);
  } catch (error) {
    saving = false;
    if (!(error instanceof Refused)) return note("The server did not answer. Nothing is lost: save again.");
    // Somebody was first: what was decided here stays on the page, and a second save overrules.
    if (error.status === 409) Object.assign(upon, { seen: error.data.seen, after: error.data.after });
    return note(error.message);
  }
}

const sendForm = document.querySelector("#send form");
sendForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { answer, comment } = sendForm.elements;
  try {
    const { next } = await send(main.dataset.sendBack, { answer: Number(answer.value), comment: comment.value });
    location.assign(next);
  } catch (error) {
    document.getElementById("send").hidePopover();
    note(error instanceof Refused ? error.message : "The server did not answer. Nothing was sent back.");
  }
});

const buttons = {
  undo: () => (editing?.desk ?? choices).undo(),
  previous: () => go(choices.at - 1),
  next: () => go(choices.at + 1),
  back: commands.r,
  keys: commands["?"],
  edit,
  submit,
};
main.addEventListener("click", (event) => {
  const deed = buttons[event.target.closest("button[data-do]")?.dataset.do];
  if (deed) deed();
});
main.querySelector(".lanes").addEventListener("click", (event) => {
  const number = event.target.closest(".no");
  if (number) event.preventDefault();
  const cell = event.target.closest("[data-t]");
  const at = number ? lanes.numbers.indexOf(number) : choices.disputes.findIndex(({ first, last }) => cell && first <= Number(cell.dataset.t) && Number(cell.dataset.t) < last);
  if (at >= 0) choices.go(at);
});
noted.querySelector("button").addEventListener("click", () => note(""));
main.querySelector("[data-decide-form]").addEventListener("submit", (event) => {
  event.preventDefault();
  why.blur();
});

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented || event.altKey) return;
  const key = event.key.toLowerCase();
  if (event.target.closest?.("[popover]")) return;
  if (event.target.closest?.(FIELDS)) {
    if (key === "escape") event.target.blur();
    return;
  }
  if (editing?.desk) return;
  const onControl = event.target.closest?.("a[href], button, input");
  const deeds = { j: buttons.next, k: buttons.previous, e: edit, r: commands.r, w: commands.w, "?": commands["?"], l: () => location.assign(main.dataset.skip), d: () => choices.now && location.assign(main.querySelector("[data-everywhere]").href) };
  let done = true;
  if ((event.ctrlKey || event.metaKey) && key === "z") choices.undo();
  else if (event.ctrlKey || event.metaKey) done = false;
  else if (key === "enter" && !onControl) submit();
  else if (event.shiftKey && /^[a-z]$/.test(key)) choices.takeAll(key);
  else if (choices.now && choices.options().has(key)) choices.take(key);
  else if (deeds[key]) deeds[key]();
  else done = false;
  if (done) event.preventDefault();
});
choices.addEventListener("change", ({ detail }) => {
  show();
  if (detail.say) say(detail.say);
});
mode("lanes");
show();
performance.mark("clickable");
