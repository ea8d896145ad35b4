// The bar of labels: which is chosen, by click, by key or by its name.

export class LabelBar {
  /** pressed(name) is called with the label a click, tap or search chose. */
  constructor(bar, pressed) {
    this.bar = bar;
    this.inputs = [...bar.querySelectorAll(".lab input")];
    this.all = new Map(this.inputs.map((input) => [input.value, { name: input.value, key: input.dataset.key, slot: Number(input.dataset.slot), id: input.dataset.id, input }]));
    this.keys = new Map([...this.all.values()].filter(({ key }) => key).map((label) => [label.key.toLowerCase(), label.name]));
    // mousedown, so that the text keeps its focus and selection; a radio button cannot be switched off by itself.
    bar.addEventListener("mousedown", (event) => {
      if (event.target.closest(".lab")) event.preventDefault();
    });
    bar.addEventListener("click", (event) => {
      const input = event.target.closest(".lab")?.querySelector("input");
      if (!input || event.target !== input) return;
      event.preventDefault();
      // At once, for a click on the text may come before any timer. The prevented click puts back the former choice.
      pressed(input.value);
      setTimeout(() => this.show(this.shown));
      if (this.search?.value) this.close();
    });
    const search = bar.querySelector("[type=search]");
    this.search = search;
    search?.addEventListener("input", () => this.filter(search.value));
    search?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      const first = this.inputs.find((input) => !input.parentElement.hidden);
      if (event.key === "Enter" && search.value && first) pressed(first.value);
      this.close();
    });
  }

  /** All labels are there again, and keys are keys again. */
  close() {
    this.search.value = "";
    this.filter("");
    this.search.blur();
  }

  filter(words) {
    const wanted = words.trim().toLowerCase();
    for (const input of this.inputs) input.parentElement.hidden = !`${input.value} ${input.dataset.group}`.toLowerCase().includes(wanted);
  }

  find() {
    this.search?.focus();
  }

  show(chosen) {
    for (const input of this.inputs) input.checked = input.value === chosen;
    if (chosen && chosen !== this.shown) this.all.get(chosen)?.input.parentElement.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.shown = chosen;
  }
}
