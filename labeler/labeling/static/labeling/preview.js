// Shows guidelines as labelers will see them, before they are saved.
addEventListener("DOMContentLoaded", () => {
  const field = document.getElementById("id_guidelines");
  const url = document.querySelector("[data-preview]")?.dataset.preview;
  if (!field || !url) return;
  const button = Object.assign(document.createElement("button"), { type: "button", className: "preview-button", textContent: "Preview" });
  const pane = Object.assign(document.createElement("div"), { className: "preview-pane", hidden: true });
  pane.setAttribute("aria-live", "polite");
  field.after(button, pane);
  button.addEventListener("click", async () => {
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const response = await fetch(url, { method: "POST", body: new URLSearchParams({ guidelines: field.value }), headers: { "X-CSRFToken": token } });
    pane.innerHTML = response.ok ? await response.text() : "The preview cannot be made now.";
    pane.hidden = false;
  });
});
