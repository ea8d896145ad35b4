// Keeps each step of the post at hand: in this browser at once, on the server a moment later, in other tabs as it happens.
import { LoggedOut, Offline, send } from "./server.js";

const SERVER_DELAY = 1500;
const DAYS = 14 * 86_400_000;
const LEFT = "labelmill-left";

export class Drafts {
  /** said({task, state}) is called for a step made in another tab, submitted(task) when another tab sent it. */
  constructor({ store, url, said, submitted }) {
    Object.assign(this, { store, url });
    this.channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("labelmill") : null;
    this.channel?.addEventListener("message", ({ data }) => (data.state ? said(data) : submitted(data.task)));
    document.addEventListener("visibilitychange", () => document.hidden && this.flush());
    addEventListener("pagehide", () => this.leave());
    store.prune(Date.now() - DAYS);
  }

  /** What this browser knows of a task. */
  async load(task) {
    const left = this.left();
    if (left) await this.store.put("drafts", left.task, left.draft);
    return this.store.get("drafts", task);
  }

  /** A step made as the page is left: the database answers too late for it, the tab's own storage at once. */
  leave() {
    try {
      if (this.unkept) sessionStorage.setItem(LEFT, JSON.stringify(this.unkept));
    } catch {
      // storage is blocked or full: the server's copy has to do
    }
  }

  left() {
    try {
      const found = JSON.parse(sessionStorage.getItem(LEFT));
      sessionStorage.removeItem(LEFT);
      return found;
    } catch {
      return null;
    }
  }

  keep(post, state) {
    const draft = { ...state, at: Date.now() };
    const unkept = (this.unkept = { task: post.task, draft });
    this.store.put("drafts", post.task, draft).then(() => this.unkept === unkept && (this.unkept = null));
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
    this.late = this.unkept = null;
    this.channel?.postMessage({ task });
  }

  forget(task) {
    return this.store.delete("drafts", task);
  }
}
