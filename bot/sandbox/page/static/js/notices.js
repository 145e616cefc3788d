// Notices in a corner: an error of the bot, or something that is not possible.

import { h, icon } from "./dom.js";
import { on } from "./store.js";

const SHOWN_FOR = 9000;

const ACTIONS = {
  command: "The command",
  message_action: "The shortcut",
  shortcut: "The shortcut",
  view_submission: "The form",
  view_closed: "Closing the form",
  block_actions: "The click",
  block_suggestion: "The list of options",
};

const corner = document.getElementById("notices");

export function setUpNotices() {
  on("notice", notify);
  on("trouble", ({ action, shown }) =>
    notify(`${ACTIONS[action] ?? action} failed with the error “${shown}”.`),
  );
  const lost = notice("The sandbox does not answer. It has stopped or is restarting.");
  on("connected", (is) => (is ? lost.remove() : corner.append(lost)));
}

function notify(sentence) {
  const shown = notice(sentence);
  corner.append(shown);
  setTimeout(() => shown.remove(), SHOWN_FOR);
}

function notice(sentence) {
  const shown = h(
    "p",
    { class: "notice" },
    icon("warning"),
    h("span", {}, sentence),
    h("button", { type: "button", class: "ghost", "aria-label": "Dismiss", onclick: () => shown.remove() }, icon("close")),
  );
  return shown;
}
