// Buttons, the overflow menu, and their confirmation dialog.

import { h, icon } from "./dom.js";
import { emojiText, withEmoji } from "./emoji.js";
import { menuButton } from "./menu.js";

/** `run(action_id, value)` sends the action to the bot. */
export function button(element, run) {
  const press = async ({ currentTarget }) => {
    if (element.url) window.open(element.url, "_blank", "noopener");
    if (await confirmed(element.confirm)) await whileBusy(currentTarget, () => run(element.action_id, null));
  };
  const style = element.style ? ` ${element.style}` : "";
  return h(
    "button",
    { type: "button", class: `button${style}`, onclick: press, "aria-label": element.accessibility_label },
    withEmoji(element.text.text),
  );
}

export function overflow(element, run) {
  const items = () =>
    element.options.map((option) => ({
      label: emojiText(option.text.text),
      note: option.description?.text,
      run: async () => {
        if (option.url) window.open(option.url, "_blank", "noopener");
        if (await confirmed(element.confirm)) await run(element.action_id, option.value);
      },
    }));
  return menuButton({ class: "button overflow", "aria-label": "More actions" }, icon("more"), items);
}

export async function whileBusy(pressed, work) {
  pressed.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    pressed.removeAttribute("aria-busy");
  }
}

/** Asks for confirmation; resolves to true if confirmed, or if there is no `confirm`. */
function confirmed(confirm) {
  if (!confirm) return Promise.resolve(true);
  const dialog = document.getElementById("confirm");
  return new Promise((resolve) => {
    const answer = (yes) => () => {
      dialog.close(yes ? "yes" : "");
    };
    const style = confirm.style === "danger" ? "danger" : "primary";
    dialog.replaceChildren(
      h("h2", { id: "confirm-title" }, confirm.title.text),
      h("p", {}, confirm.text.text),
      h(
        "footer",
        {},
        h("button", { type: "button", class: "button", onclick: answer(false) }, confirm.deny.text),
        h("button", { type: "button", class: `button ${style}`, onclick: answer(true) }, confirm.confirm.text),
      ),
    );
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.showModal();
  });
}
