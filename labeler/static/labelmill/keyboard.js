// Keys of the token page. None works while typing in a field, none leaves the page; browser shortcuts stay the browser's.

const FIELDS = "input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]";
const CONTROLS = "a[href], button, summary";

/** The key as printed on a Latin keyboard, so that labels work under a Cyrillic or Greek layout and on AZERTY digits. */
function plain(event) {
  const key = event.key.toLowerCase();
  if (/^[!-~]$/.test(key) && !/^Digit/.test(event.code)) return key;
  return /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(event.code)?.[1].toLowerCase() ?? key;
}

export class Keyboard {
  /** desk(): the desk on screen, or null; labels: key → name; commands: what keys do beyond the text, by name. */
  constructor({ desk, labels, commands }) {
    Object.assign(this, { desk, labels, commands });
    document.addEventListener("keydown", (event) => this.down(event));
  }

  down(event) {
    if (event.isComposing || event.defaultPrevented || event.target.closest?.(FIELDS)) return;
    // A panel may be open with the focus outside it: Escape is for closing it.
    if (document.querySelector(":popover-open, dialog[open]")) return;
    const desk = this.desk();
    const done = this.handle(event, desk);
    if (done) event.preventDefault();
  }

  /** True when the key was ours. */
  handle(event, desk) {
    const { ctrlKey, metaKey, altKey, shiftKey, key } = event;
    const command = ctrlKey || metaKey;
    if (desk && ["[", "]", "{", "}"].includes(key)) return this.ends(desk, key); // AltGr on many keyboards
    if (desk && command && !altKey && plain(event) === "z") return this.run(() => (shiftKey ? desk.redo() : desk.undo()));
    if (desk && command && !altKey && plain(event) === "y") return this.run(() => desk.redo());
    // With Alt or Cmd too, which would leave the page.
    if (desk && key.startsWith("Arrow")) return this.arrow(desk, key.slice(5), command || altKey, shiftKey);
    if (command || altKey) return false;
    const onControl = event.target.closest?.(CONTROLS);
    if (key === "Enter") return !onControl && !event.repeat && this.run(() => this.enter(desk));
    if (!desk) return false;
    if (key === "Tab") return !onControl && desk.walk(shiftKey ? -1 : 1) && this.run(() => this.commands.focus());
    if (key === "Backspace" || key === "Delete") return this.run(() => desk.remove());
    if (key === "Escape") return this.run(() => desk.clear());
    if (key === " ") return !onControl && this.run(() => this.space(desk));
    if (key === "Home" || key === "End") return false;
    const name = plain(event);
    const label = !shiftKey && this.labels.get(name);
    if (label) return this.run(() => desk.press(label));
    const letters = { a: () => desk.acceptAll(), e: () => desk.labelTwins(), ".": () => desk.piece() };
    const deed = letters[name] ?? this.commands[key === "?" ? "?" : name];
    return deed ? this.run(() => deed()) : false;
  }

  run(deed) {
    deed();
    return true;
  }

  enter(desk) {
    if (desk?.selected?.score !== undefined) desk.accept();
    else this.commands.submit();
  }

  /** A click by keyboard: the chosen label on the word under the cursor. */
  space(desk) {
    const { cursor } = desk;
    desk.click(cursor);
    desk.byKeys = true;
    desk.tell();
  }

  ends(desk, key) {
    const [side, by] = { "[": ["start", -1], "{": ["start", 1], "]": ["end", 1], "}": ["end", -1] }[key];
    desk.nudge(side, by);
    return true;
  }

  /** By units and lines, as the cells of the grid are. Ctrl, Alt and Cmd change nothing, but leave no page either. */
  arrow(desk, way, held, extend) {
    const { post, cursor } = desk;
    let to = cursor;
    if (way === "Up" || way === "Down") {
      if (held) return true;
      const by = way === "Down" ? 1 : -1;
      // The column is kept through short lines.
      if (this.column?.cursor !== cursor) this.column = { x: post.middle(cursor) };
      to = post.nextLine(cursor, by, this.column.x);
      this.column.cursor = to;
    } else {
      const by = (way === "Right") === post.isRightToLeft(cursor) ? -1 : 1;
      const from = desk.range && extend ? cursor : this.edge(desk, by);
      to = post.nextWord(from, by);
      // The first arrow on a page shows where the cursor is.
      if (!desk.byKeys && !desk.selected && !desk.range && cursor === 0) to = extend ? to : 0;
    }
    desk.move(to, extend);
    this.commands.focus();
    return true;
  }

  /** From a selected span the cursor goes on from the end it moves towards. */
  edge(desk, by) {
    const one = desk.selected;
    return one ? (by > 0 ? one.last - 1 : one.first) : desk.cursor;
  }
}
