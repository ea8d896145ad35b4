// Theme toggle: system, light, dark. Kept in a cookie so that the server draws the next page in it, with no flash.
const root = document.documentElement;
const themes = ["system", "light", "dark"];

function current() {
  return root.dataset.theme ?? "system";
}

function show(button) {
  button.setAttribute("aria-label", `Theme: ${current()}`);
  button.title = `Theme: ${current()}`;
}

for (const button of document.querySelectorAll("[data-theme-toggle]")) {
  button.hidden = false;
  show(button);
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(current()) + 1) % themes.length];
    if (next === "system") delete root.dataset.theme;
    else root.dataset.theme = next;
    document.cookie = `theme=${next};path=/;max-age=31536000;samesite=lax`;
    show(button);
  });
}
