// Which answer a reviewer takes in each dispute, and what the decision is then. Knows no element of the page.

/** A choice is {key, spans}: the key that was pressed, and the spans that stand in the dispute by it. */
export class Choices extends EventTarget {
  constructor(disputes, agreed) {
    super();
    this.disputes = disputes;
    this.agreed = agreed;
    this.taken = disputes.map(() => null);
    this.at = 0;
    this.past = [];
  }

  get open() {
    return this.taken.filter((one) => one === null).length;
  }

  get now() {
    return this.disputes[this.at];
  }

  /** What each key would take in a dispute, by key: answers, union, none. */
  options(dispute = this.now) {
    const found = new Map();
    for (const option of dispute.options) {
      for (const answer of option.answers) found.set("abcdefghijklmnopqrstuvwxyz"[answer], option.spans);
    }
    if (dispute.union.length > 1 && !dispute.options.some((one) => one.spans.length === dispute.union.length)) found.set("u", dispute.union);
    if (!dispute.options.some((one) => !one.spans.length)) found.set("n", []);
    return found;
  }

  tell(say = "") {
    this.dispatchEvent(new CustomEvent("change", { detail: { say } }));
  }

  take(key) {
    const spans = this.now && this.options().get(key);
    if (!spans) return false;
    this.step(this.taken.with(this.at, { key, spans }), `${this.at + 1} decided: ${key.toUpperCase()}`);
    this.forward();
    return true;
  }

  /** One answer in every dispute. */
  takeAll(key) {
    const taken = this.disputes.map((dispute, index) => {
      const spans = this.options(dispute).get(key);
      return spans ? { key, spans } : this.taken[index];
    });
    this.step(taken, `${key.toUpperCase()} taken in all disputes`);
  }

  step(taken, say) {
    this.past.push({ taken: this.taken, at: this.at });
    this.taken = taken;
    this.tell(say);
  }

  undo() {
    const before = this.past.pop();
    if (!before) return this.tell("Nothing to undo");
    Object.assign(this, before);
    return this.tell("Undone");
  }

  go(at) {
    if (!this.disputes.length) return;
    this.at = (at + this.disputes.length) % this.disputes.length;
    this.tell();
  }

  /** To the next one that is not decided, if there is any. */
  forward() {
    const count = this.disputes.length;
    for (let by = 1; by < count; by += 1) {
      const index = (this.at + by) % count;
      if (this.taken[index] === null) return this.go(index);
    }
    return undefined;
  }

  /** The spans of the decision; in a dispute nobody has decided yet, those of the first answer. */
  spans() {
    const found = this.taken.flatMap((one, index) => one?.spans ?? this.disputes[index].options[0].spans);
    return [...this.agreed, ...found].sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  }
}
