// Keeps each step of the post at hand: in this browser at once, on the server a moment later, in other tabs as it happens.
import { LoggedOut, Offline, send } from "./server.js";

const SERVER_DELAY = 1500;
const DAYS = 14 * 86_400_000;

export class Drafts {
  /** said({task, state}) is called for a step made in another tab, submitted(task) when another tab sent it. */
  constructor({ store, url, said, submitted }) {
    Object.assign(this, { store, url });
    this.channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("labelmill") : null;
    this.channel?.addEventListener("message", ({ data }) => (data.state ? said(data) : submitted(data.task)));
    document.addEventListener("visibilitychange", () => document.hidden && this.flush());
    store.prune(Date.now() - DAYS);
  }

  /** What this browser knows of a task. */
  load(task) {
    return this.store.get("drafts", task);
  }

  keep(post, state) {
    const draft = { ...state, at: Date.now() };
    this.store.put("drafts", post.task, draft);
    this.channel?.postMessage({ task: post.task, state: draft });
    clearTimeout(this.timer);
    this.late = { lease: post.lease, state: draft };
    this.timer = setTimeout(() => this.flush(), SERVER_DELAY);
  }

  /** To the server; when it is away, the browser's copy is enough and the next step tries again. */
  async flush() {
    clearTimeout(this.timer);
    const late = this.late;
    this.late = null;
    if (!late || !this.url) return; // a correction's draft stays in this browser
    try {
      await send(this.url, late, { keepalive: true });
    } catch (error) {
      if (error instanceof Offline || error instanceof LoggedOut) this.late ??= late;
    }
  }

  submitted(task) {
    clearTimeout(this.timer);
    this.late = null;
    this.channel?.postMessage({ task });
  }

  forget(task) {
    return this.store.delete("drafts", task);
  }
}
