// The text with the answers below it: which dispute is at hand, and what was taken in those decided.
import { lanes, order, span } from "../labelmill/spans.js";

export class Lanes {
  constructor(root, slots) {
    this.root = root;
    this.slots = slots; // label → slot
    this.cells = [...root.querySelectorAll("[data-t]")];
    this.tokens = new Map(this.cells.map((cell) => [Number(cell.dataset.t), cell]));
    this.before = new Map();
    for (const cell of root.querySelectorAll(".dis")) this.before.set(cell, cell.className);
    this.numbers = [...root.querySelectorAll(".no")];
    requestAnimationFrame(() => this.apart());
  }

  /** Numbers of disputes on one line stand side by side. */
  apart() {
    let top = null;
    let along = 0;
    for (const number of this.numbers) {
      along = number.offsetTop === top ? along + 1 : 0;
      top = number.offsetTop;
      number.style.marginInlineStart = along ? `${along * -1.375}rem` : "";
    }
  }

  /** Tokens of a range and what stands between them. */
  within(first, last) {
    const found = [];
    for (let token = first; token < last; token += 1) {
      const cell = this.tokens.get(token);
      found.push(cell);
      const gap = cell.nextElementSibling;
      if (token + 1 < last && gap && !gap.dataset.t && gap.tagName === "SPAN") found.push(gap);
    }
    return found;
  }

  show(choices) {
    choices.disputes.forEach((dispute, index) => {
      const cells = this.within(dispute.first, dispute.last);
      const taken = choices.taken[index];
      for (const cell of cells) {
        const open = index === choices.at ? " open" : "";
        cell.className = taken ? (cell.dataset.t ? "t" : "") : `${this.before.get(cell) ?? ""}${open}`;
      }
      if (taken) this.decide(taken.spans);
      const number = this.numbers[index];
      number.textContent = taken ? "✓" : index + 1;
      number.classList.toggle("ok", Boolean(taken));
      if (index === choices.at) number.setAttribute("aria-current", "true");
      else number.removeAttribute("aria-current");
    });
  }

  decide(spans) {
    const ordered = order(spans.map(([first, last, label]) => span(first, last, label)));
    const lane = lanes(ordered);
    ordered.forEach((one, index) => {
      const cells = this.within(one.first, one.last);
      const name = `${"abc"[Math.min(lane[index], 2)]}${this.slots.get(one.label) ?? 8}`;
      for (const cell of cells) cell.classList.add("on", "gold", name);
      cells[0].classList.add("s");
      cells.at(-1).classList.add("e");
    });
  }

  text(first, last) {
    return this.within(first, last).map((cell) => cell.textContent).join("");
  }

  reveal(dispute) {
    this.tokens.get(dispute.first)?.scrollIntoView({ block: "center" });
  }
}
