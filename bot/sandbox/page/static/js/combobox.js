// A select with a filter: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/

import { h, icon, newId, replace } from "./dom.js";
import { place } from "./menu.js";

/**
 * `find(query)` returns [{value, label, note, group}] or a promise of it, or null if there is no list
 * for this query. `onchoose` gets the option, or null when the field is cleared.
 */
export class Combobox {
  constructor({ find, chosen, clearable, placeholder, onchoose, attributes }) {
    Object.assign(this, { find, chosen, onchoose, shown: [], active: -1, asked: 0 });
    this.list = h("ul", { class: "options", role: "listbox", id: newId("options"), hidden: true });
    this.input = this.#drawInput(placeholder, attributes);
    this.clear = clearable && this.#drawClear();
    this.element = h("div", { class: "combobox" }, this.input, this.clear, icon("down"), this.list);
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.#setChosen(chosen);
  }

  #drawInput(placeholder, attributes) {
    return h("input", {
      type: "text",
      role: "combobox",
      autocomplete: "off",
      spellcheck: "false",
      placeholder,
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
      ...attributes,
      onclick: () => this.#click(),
      oninput: () => this.open(this.input.value),
      onkeydown: (event) => this.#press(event),
      onblur: () => this.close(),
    });
  }

  #drawClear() {
    const forget = () => {
      this.#choose(null);
      this.input.focus();
    };
    return h("button", { type: "button", class: "clear", "aria-label": "Clear selection", onclick: forget }, icon("close"));
  }

  async open(query) {
    const asking = ++this.asked;
    const finding = this.find(query.trim());
    // Hide the results of the previous query while this one runs.
    if (finding instanceof Promise) this.#show([], "Searching…");
    const found = await finding;
    if (asking !== this.asked || document.activeElement !== this.input) return;
    this.#show(found ?? [], found ? "No results" : "Type to search");
    this.#highlight(query ? 0 : this.shown.findIndex((each) => each.value === this.chosen?.value));
  }

  #show(options, otherwise) {
    this.shown = options;
    replace(this.list, options.length ? this.#groups() : h("li", { class: "empty", role: "presentation" }, otherwise));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.#highlight(-1);
    this.#follow();
  }

  /** Keeps the list next to its field, which moves when the form scrolls or grows. */
  #follow() {
    if (this.list.hidden || !this.element.isConnected) return;
    place(this.element, this.list, { wide: true });
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.#follow());
  }

  close() {
    this.asked += 1;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.#highlight(-1);
    this.input.value = this.chosen?.label ?? "";
    this.#selectText();
  }

  #click() {
    if (!this.list.hidden) return;
    this.#selectText();
    this.open("");
  }

  /** Selects the chosen label, so that typing or pasting replaces it with a new search. */
  #selectText() {
    if (document.activeElement !== this.input) return;
    this.input.select();
    this.input.scrollLeft = 0;
  }

  #groups() {
    return this.shown.flatMap((option, index) => {
      const starts = option.group && option.group !== this.shown[index - 1]?.group;
      const heading = starts && h("li", { class: "group", role: "presentation" }, option.group);
      return [heading, this.#drawOption(option, index)];
    });
  }

  #drawOption(option, index) {
    return h(
      "li",
      {
        role: "option",
        id: `${this.list.id}-${index}`,
        "aria-selected": String(option.value === this.chosen?.value),
        onclick: () => this.#choose(option),
      },
      option.label,
      option.note && [" ", h("small", {}, option.note)],
    );
  }

  #highlight(index) {
    this.active = index >= 0 && this.shown.length ? index % this.shown.length : -1;
    for (const each of this.list.querySelectorAll("[role=option]")) each.classList.remove("active");
    const option = this.active < 0 ? null : document.getElementById(`${this.list.id}-${this.active}`);
    option?.classList.add("active");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  #choose(option) {
    this.#setChosen(option);
    this.close();
    this.onchoose(option);
  }

  #setChosen(option) {
    this.chosen = option;
    this.input.value = option?.label ?? "";
    if (this.clear) this.clear.hidden = !option;
  }

  #press(event) {
    const open = !this.list.hidden;
    const steps = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (steps && !open) this.open("");
    else if (steps) this.#highlight((this.active + steps + this.shown.length) % (this.shown.length || 1));
    else if (event.key === "Enter" && !open) this.open("");
    else if (event.key === "Enter") this.active >= 0 && this.#choose(this.shown[this.active]);
    else if (event.key === "Escape" && open) this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
