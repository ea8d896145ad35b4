// Says what happened and what is safe: the pill in the header, a note over the page, the bar at the foot, and the
// live region that screen readers follow.

export class Status {
  constructor(page, outbox) {
    this.pill = page.querySelector("[data-pill]");
    this.live = page.querySelector("[data-live]");
    this.noted = page.querySelector("[data-note]");
    this.picked = page.querySelector(".pick");
    this.today = page.querySelector("[data-today]");
    this.foot = page.querySelector(".foot");
    this.noted.querySelector("button").addEventListener("click", () => this.note(""));
    outbox.addEventListener("count", ({ detail }) => this.show(detail));
    outbox.addEventListener("saved", ({ detail }) => this.saved(detail));
    outbox.addEventListener("refused", ({ detail }) => this.note(`“${detail.answer.title}” was refused and is kept here: ${detail.reason}`));
  }

  say(words) {
    this.live.textContent = words;
  }

  note(words) {
    this.noted.firstElementChild.textContent = words;
    this.noted.hidden = !words;
  }

  show({ waiting, refused, loggedOut }) {
    const [kind, words] = loggedOut
      ? ["bad", `Log in again: ${waiting} waiting to send`]
      : !navigator.onLine
        ? ["warn", waiting ? `Offline · ${waiting} waiting to send` : "Offline"]
        : waiting > 0
          ? ["warn", `${waiting} waiting to send`]
          : refused
            ? ["bad", `${refused} refused`]
            : this.unstored
              ? ["warn", "Saved, waiting for storage"]
              : ["", ""];
    this.pill.className = `pill ${kind}`;
    if (this.pill.textContent !== words) this.pill.replaceChildren(loggedOut ? this.link(words) : words);
    this.pill.hidden = !words;
  }

  link(words) {
    const link = document.createElement("a");
    link.href = this.pill.dataset.login;
    link.textContent = words;
    return link;
  }

  saved({ answer, saved }) {
    this.unstored = !saved.stored;
    if (saved.second_opinion) {
      const count = answer.body.spans.length;
      this.note(`Somebody else finished “${answer.title}”. Your ${count} ${count === 1 ? "span is" : "spans are"} kept as a second opinion.`);
    }
  }

  count({ spans, seconds }) {
    const { today } = this;
    if (!today) return;
    const add = (name, by) => {
      today.dataset[name] = Number(today.dataset[name]) + by;
      return Number(today.dataset[name]);
    };
    const done = add("posts", 1);
    const minutes = Math.floor(add("seconds", seconds) / 60);
    today.querySelector("b").textContent = done;
    const all = add("spans", spans);
    today.querySelector("[data-effort]").textContent = `${all} span${all === 1 ? "" : "s"} · ${minutes >= 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60}` : `${minutes} min`}`;
    today.querySelector("progress").value = done;
  }

  /** The foot: what is selected and what can be done with it. */
  pick(desk, labels) {
    const { selected, range, latest, twins } = desk;
    const one = selected ?? latest;
    const words = one ? desk.post.phrase(one.first, one.last) : range ? desk.post.phrase(...range) : "";
    const label = labels.get(one?.label ?? (range ? twins.label : null));
    const [key, quote, same, remove] = this.picked.children;
    this.picked.hidden = !words;
    this.picked.className = label ? `pick k k${label.slot}` : "pick";
    key.hidden = !label;
    key.textContent = (label?.key || "·").toUpperCase();
    quote.textContent = words;
    same.hidden = !twins.ranges.length || !label;
    same.firstChild.data = `Label ${twins.ranges.length} same `;
    remove.hidden = !one;
    remove.firstChild.data = one?.score === undefined ? "Remove " : "Reject ";
    this.foot.querySelector("[data-do=undo]").disabled = !desk.past.length;
    this.foot.querySelector("[data-do=redo]").disabled = !desk.future.length;
    this.foot.querySelector("[data-do=flag]").setAttribute("aria-pressed", String(desk.flagged));
  }
}
