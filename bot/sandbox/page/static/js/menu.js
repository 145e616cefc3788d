// A button with a menu. Arrow keys, Home and End move in it; Escape, Tab or a click elsewhere closes it.

import { h, newId } from "./dom.js";

let open = null;

/** `items()` returns [{label, note, run, danger}], and is called when the menu opens. */
export function menuButton(props, content, items) {
  const id = newId("menu");
  const button = h(
    "button",
    { type: "button", "aria-haspopup": "menu", "aria-expanded": "false", ...props },
    content,
  );
  button.addEventListener("click", () => (open?.button === button ? close() : show(button, id, items())));
  button.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" || open) return;
    event.preventDefault();
    show(button, id, items());
  });
  return button;
}

function show(button, id, items) {
  close();
  const list = h("div", { class: "menu", role: "menu", id, "aria-label": button.getAttribute("aria-label") || button.textContent });
  list.append(...items.map((item) => entry(item)));
  (button.closest("dialog") ?? document.body).append(list);
  button.setAttribute("aria-expanded", "true");
  button.setAttribute("aria-controls", id);
  open = { button, list };
  place(button, list);
  list.addEventListener("keydown", move);
  list.querySelector("[role=menuitem]")?.focus();
}

function entry({ label, note, run, danger }) {
  const choose = () => {
    const { button } = open;
    close();
    button.focus();
    run();
  };
  return h(
    "button",
    { type: "button", role: "menuitem", tabindex: "-1", class: danger ? "danger" : "", onclick: choose },
    h("span", {}, label),
    note && h("small", {}, note),
  );
}

function move(event) {
  const items = [...open.list.querySelectorAll("[role=menuitem]")];
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    items.at(to % items.length).focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    event.stopPropagation();
    const { button } = open;
    close();
    button.focus();
  }
}

/** Places a popup below its owner, or above it if there is no room below. */
export function place(owner, popup, { wide = false } = {}) {
  const box = owner.getBoundingClientRect();
  if (wide) popup.style.width = `${box.width}px`;
  const { offsetWidth: width, offsetHeight: height } = popup;
  const below = innerHeight - box.bottom;
  const up = below < height + 8 && box.top > below;
  popup.style.top = `${Math.max(4, up ? box.top - height - 4 : box.bottom + 4)}px`;
  popup.style.left = `${Math.max(4, Math.min(box.left, innerWidth - width - 4))}px`;
}

export function close() {
  if (!open) return;
  open.button.setAttribute("aria-expanded", "false");
  open.button.removeAttribute("aria-controls");
  open.list.remove();
  open = null;
}

document.addEventListener("pointerdown", (event) => {
  if (open && !open.list.contains(event.target) && !open.button.contains(event.target)) close();
});
addEventListener("resize", close);
