// The lease on the post at hand: renewed every minute while somebody works, and the time worked, idle time excluded.
import { Refused, send } from "./server.js";

const RENEW = 60_000;
const IDLE = 30_000; // a pause longer than this counts as 30 s of work, then as none
const AWAY = 150_000; // nothing done for this long: the lease is left to run out

export class Lease {
  /** lost(reason) is called once when the post went to somebody else. */
  constructor({ url, lost }) {
    Object.assign(this, { url, lost, tokens: [], active: 0, last: performance.now() });
    for (const kind of ["keydown", "pointerdown", "pointermove", "wheel"]) addEventListener(kind, () => this.worked(), { passive: true });
    setInterval(() => this.renew(), RENEW);
    document.addEventListener("visibilitychange", () => document.hidden || this.renew());
    addEventListener("pageshow", (event) => event.persisted && this.renew()); // it was given back on leaving
  }

  /** tokens: of the post on screen, and of the one fetched ahead. */
  hold(...tokens) {
    this.tokens = tokens.filter(Boolean);
  }

  start(active = 0) {
    this.active = active;
    this.last = performance.now();
  }

  worked() {
    const now = performance.now();
    this.active += Math.min(now - this.last, IDLE) / 1000;
    this.last = now;
  }

  get seconds() {
    this.worked();
    return Math.round(this.active * 10) / 10;
  }

  async renew() {
    if (performance.now() - this.last > AWAY) return;
    for (const token of this.tokens) {
      try {
        await send(this.url, { lease: token });
      } catch (error) {
        if (error instanceof Refused && error.status === 409) this.lost(token, error.message);
      }
    }
  }
}
