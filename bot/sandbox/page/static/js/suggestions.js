// The list of commands above the composer, and its keyboard control.

import { h, replace } from "./dom.js";

export class Suggestions {
  #commands = [];
  #active = -1;

  constructor(text, id, choose) {
    this.text = text;
    this.choose = choose;
    this.element = h("ul", { class: "suggestions", role: "listbox", id, "aria-label": "Commands", hidden: true });
    this.element.addEventListener("pointerdown", (event) => event.preventDefault());
    text.setAttribute("aria-autocomplete", "list");
    text.setAttribute("aria-controls", id);
  }

  show(commands) {
    this.#commands = commands;
    this.element.hidden = !commands.length;
    replace(this.element, commands.map((command, index) => this.#entry(command, index)));
    this.#highlight(commands.length ? 0 : -1);
  }

  close() {
    this.show([]);
  }

  /** Handles a key; returns whether the list used it. */
  press(event) {
    if (this.element.hidden) return false;
    const steps = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const complete = this.#commands[this.#active]?.command;
    const typedOut = this.text.value.includes(" ") || this.text.value === complete;
    if (steps) this.#highlight((this.#active + steps + this.#commands.length) % this.#commands.length);
    else if (event.key === "Escape") this.close();
    else if (["Enter", "Tab"].includes(event.key) && !event.shiftKey && !typedOut) this.choose(complete);
    else return false;
    event.preventDefault();
    return true;
  }

  #entry({ command, usage_hint, description, app }, index) {
    return h(
      "li",
      { role: "option", id: `${this.element.id}-${index}`, onclick: () => this.choose(command) },
      h("p", {}, h("strong", {}, command), " ", h("span", { class: "usage" }, usage_hint)),
      h("p", { class: "quiet" }, `${description} · ${app}`),
    );
  }

  #highlight(index) {
    this.#active = index;
    [...this.element.children].forEach((entry, at) => {
      entry.classList.toggle("active", at === index);
      entry.setAttribute("aria-selected", String(at === index));
    });
    if (index < 0) this.text.removeAttribute("aria-activedescendant");
    else this.text.setAttribute("aria-activedescendant", `${this.element.id}-${index}`);
  }
}
