// Keeps the marked part of the page fresh while a job in it is about to change: the page is fetched and that part put in
// place of the old one. Never while somebody is in the middle of it.

const PAUSE = 2000;

export async function refresh() {
  const part = document.querySelector("[data-live]");
  if (!part || part.contains(document.activeElement)) return;
  const response = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "manual" }).catch(() => null);
  if (!response?.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-live]");
  if (fresh && fresh.innerHTML !== part.innerHTML) part.replaceWith(document.adoptNode(fresh));
}

async function watch() {
  if (!document.hidden && document.querySelector("[data-live] [data-moving]")) await refresh();
  setTimeout(watch, PAUSE);
}

setTimeout(watch, PAUSE);
