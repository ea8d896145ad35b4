// From post to post: what is on screen, what is fetched ahead, what was sent last. Puts articles in the page; does not
// know how spans are drawn.
import { Busy, LoggedOut, Offline, Refused, fragment, send } from "./server.js";

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Flow {
  /** show(article, state) draws a post; idle(why, words) is called when there is none, and `words` say more. */
  constructor({ urls, outbox, drafts, lease, show, idle, tell }) {
    Object.assign(this, { urls, outbox, drafts, lease, show, idle, tell });
    this.article = null;
    this.ahead = null;
    this.previous = null;
    // A labeler holds two leases: only a saved answer makes room for a post fetched ahead.
    outbox.addEventListener("saved", () => this.prefetch());
    addEventListener("online", () => (this.article ? this.prefetch() : this.next()));
  }

  open(article, state) {
    this.article = article;
    this.show(article, state);
    this.hold();
  }

  hold() {
    if (this.urls.renew) this.lease.hold(this.article?.dataset.lease, this.ahead?.dataset.lease);
  }

  get tasks() {
    return [this.article, this.ahead, this.previous?.article].filter(Boolean).map((article) => article.dataset.task);
  }

  /** null when no post is left. A correction (no `next` address) has no post after it. */
  async fetchNext() {
    if (!this.urls.next) return null;
    return fragment(`${this.urls.next}?${new URLSearchParams(this.tasks.map((task) => ["exclude", task]))}`);
  }

  /** Fetches the next post while this one is labelled; tried again after the next submit, or when the network is back. */
  prefetch() {
    if (this.ahead || !this.article || this.goingBack) return this.fetching;
    // After one under way, which may have asked while both leases were still held.
    this.fetching = (this.fetching ?? Promise.resolve()).then(() => this.fetchAhead());
    return this.fetching;
  }

  async fetchAhead() {
    if (this.ahead || !this.article) return;
    const fetched = await this.fetchNext().catch(() => null);
    if (!fetched) return;
    this.ahead = fetched;
    this.hold();
  }

  /** The answer goes to the outbox, the next post to the screen. */
  submit(body, state, title) {
    const { task, lease } = this.article.dataset;
    const key = newKey();
    const answer = { key, task, title, url: this.urls.submit, at: Date.now(), body: { lease, key, ...body } };
    this.previous = { article: this.article, state, key };
    this.drafts.submitted(task);
    this.outbox.add(answer);
    return this.next();
  }

  /** Once at a time: the network may come back, or somebody try again, while the next post is on its way. */
  next() {
    this.coming ??= this.comeNext().finally(() => (this.coming = null));
    return this.coming;
  }

  async comeNext() {
    this.article = null;
    const wasHere = Boolean(this.ahead);
    if (!wasHere) {
      this.idle("wait");
      try {
        await this.outbox.flush();
        await this.fetching;
        this.ahead ??= await this.fetchNext();
      } catch (error) {
        if (error instanceof Refused) return this.idle("refused", error.message);
        if (error instanceof LoggedOut) return this.idle("out");
        return this.idle(error instanceof Offline && !(error instanceof Busy) ? "offline" : "failed");
      }
      if (!this.ahead && this.urls.after) return location.assign(this.urls.after);
      if (!this.ahead) return this.idle("done");
    }
    const { ahead } = this;
    this.ahead = null;
    this.open(ahead);
    if (!wasHere) this.prefetch();
  }

  /** Takes the last submit back. Nothing is fetched ahead meanwhile: a labeler holds two leases, and needs both. */
  async back() {
    if (this.goingBack || !this.urls.undo) return;
    this.goingBack = true;
    await this.takeBack();
    this.goingBack = false;
    this.prefetch();
  }

  async takeBack() {
    const { previous } = this;
    await this.fetching;
    const { article } = this;
    if (previous && (await this.outbox.recall(previous.key))) {
      this.previous = null;
      if (article) this.setAside(article);
      return this.open(previous.article, previous.state);
    }
    try {
      await this.outbox.flush();
      await this.fetching;
      if (this.ahead) await send(this.urls.release, { lease: this.ahead.dataset.lease });
      this.ahead = null;
      const again = await fragment(this.urls.undo, { method: "POST" });
      if (!again) return this.tell("There is nothing to take back.");
      this.previous = null;
      await this.drafts.forget(again.dataset.task);
      if (article) this.setAside(article);
      return this.open(again);
    } catch (error) {
      if (error instanceof Refused) return this.tell(error.message);
      if (error instanceof LoggedOut) return this.tell("You are logged out. The last answer can be taken back once you are in again.");
      return this.tell("The last answer can be taken back once the server can be reached.");
    }
  }

  /** What was on screen comes next; one fetched ahead before it is given back. */
  setAside(article) {
    if (this.ahead) send(this.urls.release, { lease: this.ahead.dataset.lease }).catch(() => {});
    this.ahead = article;
  }

  /** Gives back what nobody worked on, when the page is left. A reload and a second tab renew in time what they hold. */
  leave(untouched) {
    const tokens = [this.ahead?.dataset.lease, untouched && this.article?.dataset.lease].filter(Boolean);
    for (const lease of this.urls.leave ? tokens : []) send(this.urls.leave, { lease }, { keepalive: true }).catch(() => {});
  }
}
