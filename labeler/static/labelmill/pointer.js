// Mouse, pen and touch on the text: click, Shift-click, drag, Alt-click, and the handles of the selected range.

export class Pointer {
  /** desk(): the desk of the post on screen. */
  constructor(root, desk) {
    Object.assign(this, { root, desk });
    this.from = -1;
    root.addEventListener("pointerdown", (event) => this.down(event));
    root.addEventListener("pointermove", (event) => this.over(event));
    root.addEventListener("pointerup", (event) => this.up(event));
    root.addEventListener("pointercancel", () => this.cancel());
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("pointerover", (event) => this.hover(event));
    root.addEventListener("pointerleave", () => this.unhover());
  }

  down(event) {
    const desk = this.desk();
    this.pulled = false;
    if (!desk || event.button) return;
    const handle = event.target.closest(".end");
    if (handle) {
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
      this.handle = handle.matches(".end ~ .end") ? "end" : "start";
      return;
    }
    const token = desk.post.index(event.target);
    if (token < 0) return;
    // A finger that moves scrolls; only mouse and pen draw ranges. The browser's own selection would lie over it.
    if (event.pointerType !== "touch") {
      event.preventDefault();
      // Which also keeps the focus where it was: on a button that was clicked before, Enter would press it again.
      if (!this.root.contains(document.activeElement)) document.activeElement.blur();
      this.from = event.shiftKey || event.altKey ? -1 : token;
    }
    this.dragged = false;
  }

  over(event) {
    const desk = this.desk();
    if (!desk) return;
    if (this.handle) return this.pull(desk, event);
    if (this.from < 0) return;
    const token = desk.post.at(event.clientX, event.clientY);
    if (token < 0 || (token === this.from && !this.dragged)) return;
    this.dragged = true;
    const [first, last] = desk.post.words(Math.min(this.from, token), Math.max(this.from, token) + 1);
    if (desk.range && desk.range[0] === first && desk.range[1] === last) return;
    desk.selected = null;
    desk.range = [first, last];
    desk.tell();
  }

  /** Moves an end by the handle: a word at a time with the mouse or finger, a piece with Alt. */
  pull(desk, event) {
    const token = desk.post.at(event.clientX, event.clientY);
    if (token < 0) return;
    const [first, last] = event.altKey ? [token, token + 1] : desk.post.word(token);
    if (desk.selected) {
      const by = this.handle === "start" ? first - desk.selected.first : last - desk.selected.last;
      if (by) desk.nudge(this.handle, by);
    } else if (desk.range) {
      const [from, to] = this.handle === "start" ? [first, desk.range[1]] : [desk.range[0], last];
      if (from < to) desk.range = [from, to];
      desk.tell();
    }
  }

  up() {
    const desk = this.desk();
    if (this.handle) {
      this.handle = null;
      this.pulled = true; // the click that follows is no click on the text
    } else if (this.dragged && desk?.range) {
      desk.sweep(...desk.range);
      this.pulled = true;
    }
    this.from = -1;
    this.dragged = false;
  }

  cancel() {
    [this.from, this.handle, this.dragged] = [-1, null, false];
  }

  click(event) {
    const desk = this.desk();
    if (!desk || this.pulled || event.target.closest(".end")) return;
    const token = desk.post.index(event.target);
    if (token >= 0) desk.click(token, { extend: event.shiftKey, piece: event.altKey, inside: event.ctrlKey || event.metaKey });
  }

  /** The whole word under the pointer shows what a click would label. */
  hover(event) {
    if (event.pointerType === "touch") return;
    this.unhover();
    const desk = this.desk();
    const token = desk?.post.index(event.target) ?? -1;
    if (token < 0 || this.from >= 0) return;
    const [first, last] = event.altKey ? [token, token + 1] : desk.post.word(token);
    this.hovered = desk.post.tokens.slice(first, last);
    for (const element of this.hovered) element.classList.add("hov");
  }

  unhover() {
    for (const element of this.hovered ?? []) element.classList.remove("hov");
    this.hovered = null;
  }
}
