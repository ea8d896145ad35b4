// Answers on their way: kept until the server has taken them, sent once each, in order. The server knows an answer it
// has seen by its key, so sending twice after a lost reply does no harm.
import { Busy, LoggedOut, Offline, Refused, send } from "./server.js";

const RETRY = 10_000;

export class Outbox extends EventTarget {
  constructor(store) {
    super();
    this.store = store;
    this.problem = null;
    addEventListener("online", () => this.flush());
    addEventListener("offline", () => this.tell());
  }

  async add(answer) {
    await this.store.put("answers", answer.key, answer);
    this.tell();
    this.flush();
  }

  waiting() {
    return this.store.all("answers").then((all) => all.sort((a, b) => a.at - b.at));
  }

  /** Takes an answer back that was certainly never sent; undefined when it may have been. */
  async recall(key) {
    const answer = await this.store.get("answers", key);
    if (!answer || answer.tried) return undefined;
    await this.store.delete("answers", key);
    this.tell();
    return answer;
  }

  /** One tab sends at a time. */
  flush() {
    const alone = navigator.locks ? (deed) => navigator.locks.request("labelmill-outbox", deed) : (deed) => deed();
    this.flushing = (this.flushing ?? Promise.resolve()).then(() => alone(() => this.sendAll())).catch(() => {});
    return this.flushing;
  }

  async sendAll() {
    clearTimeout(this.timer);
    for (const answer of await this.waiting()) {
      if (!navigator.onLine) break;
      if (answer.refused) continue;
      try {
        if (!answer.tried) await this.store.put("answers", answer.key, { ...answer, tried: true });
        const saved = await send(answer.url, answer.body);
        await this.store.delete("answers", answer.key);
        await this.store.delete("drafts", answer.task);
        this.problem = null;
        this.dispatchEvent(new CustomEvent("saved", { detail: { answer, saved } }));
      } catch (error) {
        if (error instanceof Refused) {
          // Kept: a person wrote it. Shown with the reason, and out of the way of those behind it.
          await this.store.put("answers", answer.key, { ...answer, tried: true, refused: error.message });
          this.dispatchEvent(new CustomEvent("refused", { detail: { answer, reason: error.message } }));
          continue;
        }
        if (!(error instanceof Offline || error instanceof LoggedOut)) throw error;
        this.problem = error;
        if (!(error instanceof Busy)) break; // one the server fails on must not hold up those behind it
      }
    }
    const left = (await this.waiting()).filter(({ refused }) => !refused);
    if (left.length && navigator.onLine) this.timer = setTimeout(() => this.flush(), RETRY);
    this.tell();
  }

  async tell() {
    const all = await this.waiting();
    const refused = all.filter((one) => one.refused).length;
    this.dispatchEvent(new CustomEvent("count", { detail: { waiting: all.length - refused, refused, loggedOut: this.problem instanceof LoggedOut } }));
  }
}
