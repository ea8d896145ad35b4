// Talks to the server. Outcomes besides an answer, each a type: no network, the server busy or failing for now (the same
// call may succeed later), logged out, refused for good.

export class Offline extends Error {}
export class Busy extends Offline {}
export class LoggedOut extends Error {}
export class Refused extends Error {
  constructor(status, data) {
    super(data?.error ?? `The server answered ${status}`);
    Object.assign(this, { status, data });
  }
}

const TIMEOUT = 20_000;

async function call(url, options) {
  let response;
  try {
    const headers = { ...options.headers, "X-CSRFToken": csrf() };
    response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT), ...options, headers });
  } catch {
    throw new Offline();
  }
  // A 403 of this program's own says why; any other one is of a session that is over.
  const closed = response.status === 401 || (response.status === 403 && !isJson(response));
  if (response.type === "opaqueredirect" || closed) throw new LoggedOut();
  if (response.status >= 500 || response.status === 429) throw new Busy();
  return response;
}

function isJson(response) {
  return response.headers.get("Content-Type")?.startsWith("application/json") ?? false;
}

/** The cookie's rather than the form's: a log-in in another tab renews it. */
function csrf() {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

/** Sends JSON, returns the JSON of the answer. keepalive: goes on when the page is left. */
export async function send(url, body, { keepalive = false } = {}) {
  const response = await call(url, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { Accept: "application/json", "Content-Type": "application/json" },
    keepalive,
  });
  const data = isJson(response) ? await response.json() : null;
  if (!response.ok) throw new Refused(response.status, data);
  return data;
}

/** A fragment of HTML as an element; null when there is none (204). */
export async function fragment(url, options = {}) {
  const response = await call(url, options);
  if (response.status === 204) return null;
  if (!response.ok) throw new Refused(response.status, await response.json().catch(() => null));
  return parse(await response.text());
}

export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}
