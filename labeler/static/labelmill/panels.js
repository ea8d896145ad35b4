// Skip, flag and keys: panels over the page. Fields and buttons in them work as anywhere; digits choose a reason.

export class Panels {
  /** skip(reason, comment) and flag(comment | null) are called with what the person decided. */
  constructor({ skip, flag, closed }) {
    this.closed = closed;
    this.all = Object.fromEntries(["skip", "flag", "keys", "guideline"].map((id) => [id, document.getElementById(id)]));
    for (const panel of Object.values(this.all)) panel?.addEventListener("toggle", (event) => event.newState === "closed" && closed());
    const skipForm = this.all.skip.querySelector("form");
    const why = skipForm.elements.comment;
    skipForm.addEventListener("submit", (event) => {
      event.preventDefault();
      const reason = skipForm.elements.reason.value;
      why.setCustomValidity(reason === "other" && !why.value.trim() ? "Say why, in your words" : "");
      if (!reason || !skipForm.reportValidity()) return;
      this.close("skip");
      skip(reason, why.value.trim());
      skipForm.reset();
    });
    why.addEventListener("input", () => why.setCustomValidity(""));
    skipForm.addEventListener("keydown", (event) => {
      const radio = event.target !== why && /^[1-9]$/.test(event.key) && skipForm.querySelectorAll("[name=reason]")[event.key - 1];
      if (radio) {
        radio.checked = true;
        (radio.value === "other" ? why : radio).focus();
        event.preventDefault();
      } else if (event.key === "Enter" && event.target !== why) {
        skipForm.requestSubmit();
        event.preventDefault();
      }
    });
    const flagForm = this.all.flag.querySelector("form");
    flagForm.addEventListener("submit", (event) => {
      event.preventDefault();
      this.close("flag");
      flag(event.submitter?.value === "remove" ? null : flagForm.elements.comment.value.trim());
    });
    this.flagForm = flagForm;
  }

  /** The focus goes back at once: a quick second key must not land in a field that is gone. */
  close(id) {
    this.all[id].hidePopover();
    this.closed();
  }

  open(id, desk) {
    const panel = this.all[id];
    if (id === "flag") {
      this.flagForm.elements.comment.value = desk.comment;
      this.flagForm.querySelector("[value=remove]").hidden = !desk.flagged;
    }
    panel.showPopover();
    panel.querySelector("input, button")?.focus();
  }
}
