// Beside the text: the dispute at hand with its options, and the list of all disputes.

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export class Aside {
  /** take(key), go(index): what a click asks for. */
  constructor(side, lanes, slots, { take, go }) {
    Object.assign(this, { side, lanes, slots });
    this.options = side.querySelector("[data-options]");
    this.list = side.querySelector(".disputes");
    this.options.addEventListener("change", (event) => take(event.target.value));
    this.list.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (!link) return;
      event.preventDefault();
      go(Number(link.dataset.go));
    });
  }

  show(choices) {
    const { now, at } = choices;
    this.side.querySelector("[data-number]").textContent = choices.disputes.length;
    const question = this.side.querySelector("[data-question]");
    this.side.querySelector("[data-everywhere]").hidden = !now;
    if (!now) {
      question.textContent = "Nothing is disputed";
      return;
    }
    question.textContent = `${at + 1}. ${now.question}`;
    const left = choices.open;
    this.side.querySelector("[data-left]").textContent = left ? `${left} left` : "all decided";
    const legend = this.options.firstElementChild;
    this.options.replaceChildren(legend, ...this.rows(choices));
    this.list.replaceChildren(...choices.disputes.map((dispute, index) => this.row(choices, dispute, index)));
  }

  rows(choices) {
    const { now, at } = choices;
    const taken = choices.taken[at];
    const rows = now.options.map((option) => this.option(now, option.answers.map((one) => "abcdefghijklmnopqrstuvwxyz"[one]), option.spans, taken));
    const keys = choices.options();
    if (keys.has("u")) rows.push(this.option(now, ["u"], keys.get("u"), taken, "All of it"));
    if (keys.has("n")) rows.push(this.option(now, ["n"], [], taken, "None of it"));
    return rows;
  }

  option(dispute, keys, spans, taken, words) {
    const radio = element("input", { type: "radio", name: "option", value: keys[0] });
    radio.checked = Boolean(taken && keys.includes(taken.key));
    const labels = [...new Set(spans.map(([, , label]) => label))].join(", ") || "nothing";
    const kbds = keys.map((key) => element("kbd", {}, key.toUpperCase()));
    return element("label", { class: "choice box" }, radio, ...kbds, words ? element("span", {}, words) : this.phrase(dispute, spans), element("small", { class: "push" }, labels));
  }

  phrase(dispute, spans) {
    const parts = [];
    for (const cell of this.lanes.within(dispute.first, dispute.last)) {
      const token = cell.dataset.t ? Number(cell.dataset.t) : null;
      const inner = token === null ? null : spans.filter(([first, last]) => first <= token && token < last).sort((a, b) => a[1] - a[0] - (b[1] - b[0]))[0];
      const slot = inner && (this.slots.get(inner[2]) ?? 8);
      parts.push(element("span", inner ? { class: `t on a${slot}` } : {}, cell.textContent));
    }
    // A gap belongs to a span that goes on behind it.
    parts.forEach((part, index) => {
      const [before, after] = [parts[index - 1], parts[index + 1]];
      if (!part.className && !part.textContent.trim() && before?.className && before.className === after?.className) part.className = before.className.replace("t ", "");
    });
    return element("span", {}, ...parts);
  }

  row(choices, dispute, index) {
    const taken = choices.taken[index];
    const labels = [...new Set(dispute.options.map(({ spans }) => [...new Set(spans.map(([, , label]) => label))].join(" + ") || "nothing"))].join(", ");
    const link = element("a", { href: `#d${index + 1}`, "data-go": index }, this.lanes.text(dispute.first, dispute.last));
    const row = element("li", { id: `d${index + 1}` }, element("kbd", taken ? { class: "ok" } : {}, taken ? "✓" : String(index + 1)), link, element("small", {}, taken ? `${taken.key.toUpperCase()} taken` : labels));
    if (index === choices.at) {
      row.classList.add("now");
      link.setAttribute("aria-current", "true");
    }
    return row;
  }
}
