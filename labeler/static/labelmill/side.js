// Beside the text: the list of spans, and the guideline of the label in hand.
import { depths, isOpen } from "./spans.js";

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function icon(name) {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  const use = document.createElementNS(namespace, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  svg.setAttribute("aria-hidden", "true");
  return svg;
}

export class Side {
  constructor(side, labels) {
    this.side = side;
    this.labels = labels;
    this.list = side.querySelector(".spans");
    this.count = side.querySelector("[data-count]");
    this.accept = side.querySelector("[data-do=accept]");
    this.none = side.querySelector("[data-none]");
    this.rules = [...side.querySelectorAll("[data-rule]")];
    this.list.addEventListener("click", (event) => this.click(event));
  }

  show(desk) {
    this.desk = desk;
    const depth = depths(desk.spans);
    this.list.replaceChildren(...desk.spans.map((one, index) => this.row(desk, one, Math.min(depth[index], 2))));
    const open = desk.open.length;
    this.count.textContent = desk.spans.length - open;
    this.accept.hidden = !open;
    this.accept.firstChild.data = `Accept ${open} suggested `;
    this.none.hidden = desk.spans.length > 0;
    this.reveal(this.list.querySelector(".now"));
    this.guide(desk.selected?.label ?? desk.chosen);
  }

  /** No post is on screen. */
  clear() {
    this.list.replaceChildren();
    this.count.textContent = 0;
    this.accept.hidden = true;
    this.none.hidden = true;
  }

  /** Scrolls the list alone, never the page under the text. */
  reveal(row) {
    if (!row || this.side.scrollHeight <= this.side.clientHeight) return;
    const [inner, outer] = [row.getBoundingClientRect(), this.side.getBoundingClientRect()];
    if (inner.top < outer.top) this.side.scrollTop -= outer.top - inner.top + 8;
    if (inner.bottom > outer.bottom) this.side.scrollTop += inner.bottom - outer.bottom + 8;
  }

  row(desk, one, depth) {
    const words = desk.post.phrase(one.first, one.last);
    const label = this.labels.get(one.label) ?? { key: "", slot: 8 };
    const link = element("button", { type: "button", "data-one": "select" }, words);
    const row = element("li", { class: `k k${label.slot}${depth ? ` in${depth}` : ""}` }, element("kbd", {}, (label.key || "·").toUpperCase()), link);
    if (one === desk.selected) {
      row.classList.add("now");
      link.setAttribute("aria-current", "true");
    }
    if (!isOpen(one)) {
      row.append(element("small", {}, one.label));
      return row;
    }
    row.classList.add("guess");
    row.append(element("small", {}, `${Math.round(one.score * 100)}%`));
    for (const [deed, name, word] of [["accept", "yes", "Accept"], ["reject", "no", "Reject"]]) {
      row.append(element("button", { type: "button", class: "icon", "data-one": deed, "aria-label": `${word} ${words}` }, icon(name)));
    }
    return row;
  }

  click(event) {
    const button = event.target.closest("[data-one]");
    if (!button) return;
    const one = this.desk.spans[[...this.list.children].indexOf(button.closest("li"))];
    const deeds = { select: () => this.desk.select(one), accept: () => this.desk.accept(one), reject: () => this.desk.drop(one) };
    deeds[button.dataset.one]();
    if (button.dataset.one === "select") this.desk.post.tokens[one.first].scrollIntoView({ block: "center" });
  }

  guide(label) {
    if (this.guided === label) return;
    this.guided = label;
    for (const rule of this.rules) rule.hidden = rule.dataset.rule !== (label ?? "");
  }
}
