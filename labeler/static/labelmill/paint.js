// Draws spans, selection and cursor by classes alone: no element is added to the text and no line ever moves.
// A label is drawn in one of twelve slots (k); a, b and c are a token's first, second and third underline.
import { isOpen, lanes } from "./spans.js";

const LANES = "abc";

export class Painter {
  constructor(post, labels) {
    this.post = post;
    this.labels = labels; // name → {name, key, slot}
    // Token, gap, token, gap, …: a span from first to last covers [2·first, 2·last - 1).
    this.cells = post.tokens.flatMap((token, index) => [token, post.gaps[index]]);
    this.before = this.cells.map((cell) => cell?.className ?? "");
    this.over = post.article.querySelector(".over");
    for (const { first, score } of post.suggestions.map(([f, , , s]) => ({ first: f, score: s }))) {
      post.tokens[first].dataset.score = `${Math.round(score * 100)}%`;
    }
  }

  slot(label) {
    return this.labels.get(label)?.slot ?? 8;
  }

  paint(desk) {
    const count = this.cells.length;
    const names = new Array(count).fill("");
    const said = new Array(count);
    const within = (first, last, add) => {
      for (let cell = 2 * first; cell < 2 * last - 1; cell += 1) names[cell] += add;
    };
    const lane = lanes(desk.spans);
    const ends = new Set(desk.spans.map(({ last }) => last));
    desk.spans.forEach((one, index) => {
      const slot = this.slot(one.label);
      const letter = LANES[Math.min(lane[index], 2)];
      for (let cell = 2 * one.first; cell < 2 * one.last - 1; cell += 1) {
        if (!names[cell]) names[cell] = " on";
        if (lane[index] < 3) names[cell] += ` ${letter}${slot}`;
        if (isOpen(one)) names[cell] += ` q q${letter} k k${slot}`;
        said[cell] = `${isOpen(one) ? "l-open " : ""}${this.labels.get(one.label)?.id ?? ""} ${said[cell] ?? ""}`.trim();
      }
      names[2 * one.first] += isOpen(one) ? " s qs" : " s";
      names[2 * one.last - 2] += isOpen(one) ? " e qe" : " e";
      if (this.post.touches[one.first - 1] && ends.has(one.first)) names[2 * one.first] += " x";
    });
    const { selected, range } = desk;
    for (const [first, last] of desk.twins.ranges) within(first, last, " same");
    if (range) within(range[0], range[1], " rng");
    if (selected) within(selected.first, selected.last, ` sel k k${this.slot(selected.label)}`);
    if (!selected) this.ring(names, desk);
    this.write(names, said, selected ?? (range && { first: range[0], last: range[1] }));
    this.focusable(desk.cursor);
    this.place(selected, range);
  }

  /** The unit under the cursor, where it holds several tokens: a ring goes round all of them. */
  ring(names, desk) {
    const [first, last] = this.post.word(desk.cursor);
    if (desk.byKeys) names[2 * first] += " cur";
    if (last - first < 2) return;
    for (let cell = 2 * first; cell < 2 * last - 1; cell += 1) names[cell] += " u";
    names[2 * first] += " us";
    names[2 * last - 2] += " ue";
  }

  write(names, said, chosen) {
    for (let index = 0; index < this.cells.length; index += 1) {
      const name = index % 2 ? names[index].trimStart() : `t${names[index]}`;
      if (name === this.before[index] || !this.cells[index]) continue;
      this.before[index] = name;
      const cell = this.cells[index];
      cell.className = name;
      if (index % 2) continue;
      // The names in the bar of labels, the innermost span's first.
      if (said[index]) cell.setAttribute("aria-describedby", said[index]);
      else cell.removeAttribute("aria-describedby");
      if (chosen && index >= 2 * chosen.first && index < 2 * chosen.last) cell.setAttribute("aria-selected", "true");
      else cell.removeAttribute("aria-selected");
    }
  }

  /** One unit of the text takes part in the order of Tab, by its first token. */
  focusable(at) {
    const [cursor] = this.post.word(at);
    if (this.tabbed === cursor) return;
    this.post.tokens[this.tabbed]?.removeAttribute("tabindex");
    this.post.tokens[cursor]?.setAttribute("tabindex", "0");
    this.tabbed = cursor;
  }

  /** The selected span's name and handles, over its first and last token. CSSOM, so a strict CSP lets it be. */
  place(selected, range) {
    const { over } = this;
    const [first, last] = selected ? [selected.first, selected.last] : (range ?? []);
    over.hidden = first === undefined;
    if (over.hidden) return;
    const [tag, start, end] = over.children;
    tag.hidden = !selected;
    tag.textContent = selected?.label ?? "";
    over.className = selected ? `over k k${this.slot(selected.label)}` : "over k k0";
    const home = over.parentElement.getBoundingClientRect();
    const a = this.post.tokens[first].getClientRects()[0];
    const b = [...this.post.tokens[last - 1].getClientRects()].at(-1);
    if (!a || !b) return;
    const right = this.post.isRightToLeft(first);
    const put = (element, x, y) => {
      element.style.left = `${x - home.left}px`;
      element.style.top = `${y - home.top}px`;
    };
    put(tag, right ? a.right + 2 - tag.offsetWidth : a.left - 2, a.top);
    put(start, right ? a.right : a.left - 2, a.top);
    put(end, right ? b.left - 2 : b.right, b.top);
    // An unlabelled token has no room for underlines below it.
    const line = parseFloat(getComputedStyle(this.post.grid).getPropertyValue("--mark")) || 27;
    for (const handle of [start, end]) handle.style.height = `${line}px`;
  }
}
