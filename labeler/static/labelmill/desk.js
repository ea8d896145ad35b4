// One post being labelled: its spans, what is selected, where the cursor is, and every step that changes them. Knows
// no element of the page; tells its listeners by "change" events (detail.spans: the spans changed; detail.say: in words).
import { covering, find, isOpen, order, pack, span, unpack } from "./spans.js";

export class Desk extends EventTarget {
  constructor(post, state, chosen = null) {
    super();
    this.post = post;
    this.spans = unpack(state.spans ?? post.suggestions);
    this.flagged = state.flagged ?? false;
    this.comment = state.comment ?? "";
    this.touched = state.spans !== undefined;
    this.past = [];
    this.future = [];
    this.cursor = 0;
    this.byKeys = false; // the cursor was moved by keys, so a label key is meant for the word under it
    this.selected = null; // a span
    this.range = null; // tokens without a label
    this.anchor = 0;
    this.latest = null; // the span made by the last click, which Shift extends
    this.chosen = chosen;
  }

  /** What a draft keeps. */
  state() {
    return { spans: pack(this.spans), flagged: this.flagged, comment: this.comment };
  }

  /** Takes over what another tab or an older draft says, as one step that can be undone. */
  adopt(state) {
    this.flagged = state.flagged ?? false;
    this.comment = state.comment ?? "";
    this.step(unpack(state.spans));
  }

  answer() {
    return this.spans.filter((one) => !isOpen(one)).map(({ first, last, label }) => [first, last, label]);
  }

  get open() {
    return this.spans.filter(isOpen);
  }

  /** What label keys, "same" and the bar at the foot are about: a range of tokens, or null. */
  get target() {
    if (this.selected) return [this.selected.first, this.selected.last];
    return this.range ?? (this.byKeys ? this.post.word(this.cursor) : null);
  }

  tell(say = "", spans = false) {
    this.dispatchEvent(new CustomEvent("change", { detail: { say, spans } }));
  }

  step(spans, say) {
    this.past.push(this.spans);
    this.future = [];
    this.restore(order(spans), say);
  }

  restore(spans, say) {
    this.spans = spans;
    this.touched = true;
    if (this.selected) this.selected = find(spans, this.selected) ?? null;
    if (this.latest) this.latest = find(spans, this.latest) ?? null;
    this.tell(say, true);
  }

  undo() {
    if (!this.past.length) return this.tell("Nothing to undo");
    this.future.push(this.spans);
    return this.restore(this.past.pop(), "Undone");
  }

  redo() {
    if (!this.future.length) return this.tell("Nothing to redo");
    this.past.push(this.spans);
    return this.restore(this.future.pop(), "Redone");
  }

  /** Labels a range; a suggestion that says the same is accepted, a span that says the same stays. */
  add([first, last], label) {
    const made = span(first, last, label);
    const there = find(this.spans, made);
    if (!there || isOpen(there)) this.step([...this.spans.filter((one) => one !== there), made], `${this.post.phrase(first, last)}: ${label}`);
    return find(this.spans, made);
  }

  replace(old, first, last, label, say) {
    const made = span(first, last, label);
    const there = find(this.spans, made);
    if (there && there === old && !isOpen(old)) return;
    const rest = this.spans.filter((one) => one !== old && one !== there);
    if (this.selected === old) this.selected = made;
    if (this.latest === old) this.latest = made;
    this.step([...rest, made], say);
  }

  choose(label) {
    this.chosen = label;
    this.tell(label ? `${label} chosen` : "No label chosen");
  }

  /** A label's key or button: applies to what is selected, otherwise the label comes into the hand. Again is the same. */
  press(label) {
    if (this.selected) {
      const { first, last } = this.selected;
      return this.replace(this.selected, first, last, label, `${this.post.phrase(first, last)}: ${label}`);
    }
    if (!this.target) return this.choose(label);
    const made = this.add(this.target, label);
    this.range = null;
    return this.select(made);
  }

  select(one, say) {
    this.selected = one;
    this.range = null;
    this.cursor = one.first;
    this.tell(say ?? `${this.post.phrase(one.first, one.last)}, ${isOpen(one) ? "suggested " : ""}${one.label}, selected`);
  }

  /** Lets go of one thing at a time: what keys are about, then the label in hand. */
  clear() {
    if (this.selected || this.range || this.latest || this.byKeys) {
      [this.selected, this.range, this.latest, this.byKeys] = [null, null, null, false];
      return this.tell("Nothing chosen");
    }
    return this.choose(null);
  }

  /** A click or tap. extend: Shift; piece: Alt; inside: label even where a span is already. */
  click(token, { extend = false, piece = false, inside = false } = {}) {
    const unit = piece ? [token, token + 1] : this.post.word(token);
    const again = this.cursor === token;
    this.byKeys = false;
    if (extend && (this.selected || this.latest || this.range || this.byKeys)) return this.extend(unit);
    const there = covering(this.spans, token);
    this.cursor = token;
    this.anchor = token;
    if (there.length && !inside && !piece) {
      // Once more on the same token: the next span outwards.
      const next = again && this.selected ? there[(there.indexOf(this.selected) + 1) % there.length] : there[0];
      this.latest = null;
      this.select(next);
      this.cursor = token;
      return this.tell();
    }
    this.selected = null;
    return this.take(unit);
  }

  /** A dragged range, whole words. */
  sweep(first, last) {
    this.byKeys = false;
    this.selected = null;
    this.cursor = last - 1;
    this.anchor = first;
    this.take([first, last]);
  }

  take(range) {
    if (!this.chosen) {
      this.range = range;
      return this.tell(this.post.phrase(...range));
    }
    this.range = null;
    this.latest = this.add(range, this.chosen);
    return this.tell();
  }

  extend([first, last]) {
    const base = this.selected ?? this.latest;
    if (base) {
      // Outside: the nearer end moves there. Inside: the end comes in.
      const from = Math.min(base.first, first);
      const to = first < base.first ? base.last : last;
      return this.replace(base, from, to, base.label, this.post.phrase(from, to));
    }
    const [a, b] = this.range ?? this.post.word(this.cursor);
    return this.take([Math.min(a, first), first < a ? b : last]);
  }

  move(token, extend = false) {
    const to = Math.max(0, Math.min(token, this.post.length - 1));
    if (extend && this.selected) {
      const { last } = this.selected;
      const end = to < last - 1 ? this.post.word(last - 1)[0] : this.post.word(to)[1];
      return end !== last && this.nudge("end", end - last);
    }
    if (extend) {
      if (!this.range) this.anchor = this.cursor;
      this.range = this.post.words(Math.min(this.anchor, to), Math.max(this.anchor, to) + 1);
    } else {
      [this.range, this.selected] = [null, null];
    }
    this.latest = null;
    this.byKeys = true;
    this.cursor = to;
    return this.tell();
  }

  /** The one piece under the cursor, not its word; once more: the next piece of the word. */
  piece() {
    const [first, last] = this.post.word(this.cursor);
    if (this.range?.[0] === this.cursor && this.range[1] === this.cursor + 1) this.cursor = this.cursor + 1 < last ? this.cursor + 1 : first;
    this.selected = null;
    this.range = [this.cursor, this.cursor + 1];
    this.tell(this.post.phrase(...this.range));
  }

  /** Moves an end of the selected span by tokens; false when it cannot. */
  nudge(side, by) {
    if (!this.selected) return false;
    const { first, last, label } = this.selected;
    const from = side === "start" ? first + by : first;
    const to = side === "end" ? last + by : last;
    if (from < 0 || to > this.post.length || from >= to) return false;
    this.replace(this.selected, from, to, label, this.post.phrase(from, to));
    return true;
  }

  /** Selects the next span in the text; false past the last one, where Tab goes on through the page. */
  walk(by) {
    const at = this.selected ? this.spans.indexOf(this.selected) + by : this.nearest(by);
    if (at < 0 || at >= this.spans.length) {
      this.selected = null;
      this.tell();
      return false;
    }
    this.byKeys = true;
    this.latest = null;
    this.select(this.spans[at]);
    return true;
  }

  nearest(by) {
    if (by > 0) return this.byKeys ? this.spans.findIndex((one) => one.first >= this.cursor) : this.spans.length ? 0 : -1;
    return this.spans.findLastIndex((one) => one.first <= this.cursor);
  }

  remove() {
    const one = this.selected ?? this.latest;
    if (one) return this.drop(one);
    if (!this.range && !this.byKeys) return this.tell("Nothing is chosen: Ctrl+Z takes back the last step");
    [this.range, this.byKeys] = [null, false];
    return this.tell("Nothing chosen");
  }

  drop(one) {
    this.step(this.spans.filter((other) => other !== one), `${isOpen(one) ? "Rejected" : "Removed"}: ${this.post.phrase(one.first, one.last)}`);
  }

  accept(one = this.selected) {
    if (one && isOpen(one)) this.replace(one, one.first, one.last, one.label, `Accepted: ${this.post.phrase(one.first, one.last)}`);
  }

  acceptAll() {
    const count = this.open.length;
    if (!count) return this.tell("No suggestion is open");
    return this.step(this.spans.map(({ first, last, label }) => span(first, last, label)), `${count} accepted`);
  }

  /** The ranges that "label every same phrase" would label now, and with what. */
  get twins() {
    const one = this.selected ?? this.latest;
    const range = one ? [one.first, one.last] : this.range;
    const label = one?.label ?? this.chosen;
    if (!range) return { ranges: [], label };
    const key = [...range, label].join();
    if (this.twinsOf?.spans !== this.spans || this.twinsOf.key !== key) {
      const taken = new Set(this.spans.filter((there) => !isOpen(there) && (!label || there.label === label)).map(({ first, last }) => `${first},${last}`));
      const ranges = this.post.same(...range).filter(([first, last]) => !taken.has(`${first},${last}`) && (!one || first !== range[0]));
      this.twinsOf = { spans: this.spans, key, ranges };
    }
    return { ranges: this.twinsOf.ranges, label };
  }

  labelTwins() {
    const { ranges, label } = this.twins;
    if (!label || !ranges.length) return this.tell(label ? "No other place with this phrase" : "Choose a label first");
    const made = ranges.map(([first, last]) => span(first, last, label));
    const rest = this.spans.filter((one) => !made.some((other) => find([one], other)));
    this.range = null;
    return this.step([...rest, ...made], `${made.length} more labelled ${label}`);
  }

  flag(comment) {
    this.flagged = comment !== null;
    this.comment = comment ?? "";
    this.touched = true;
    this.tell(this.flagged ? "Flagged" : "Flag removed", true);
  }
}
