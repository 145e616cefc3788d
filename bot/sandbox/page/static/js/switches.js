// The row of switches: what Weav and Slack do wrong from now on.

import { turn } from "./api.js";
import { h, replace } from "./dom.js";
import { state } from "./store.js";

const WEAV = {
  works: ["Works", "Weav answers as it should.", "good"],
  down: ["Down", "Connections are refused. What is submitted now waits in the bot's queue.", "bad"],
  field: ["Refuses a field", "422 with a reason under the field on the right.", "bad"],
  unauthorised: ["401", "The bot's token is not accepted.", "bad"],
  forbidden: ["403", "The bot's token lacks a right.", "bad"],
  limited: ["Rate limited", "429, “come back in 5 s”. The bot queues.", "bad"],
  lost_answer: ["Loses its answer", "Creates what it was asked for, then cuts the connection. The bot looks for conversations.", "bad"],
  lost_request: ["Loses the request", "Cuts the connection and creates nothing. The bot cannot know.", "bad"],
};
const FIELDS = ["customer_id", "channel", "subject", "status", "priority", "assignee_type", "assignee_id"];
const SLACK = {
  refuse_posts: ["Slack refuses posts in channels", "not_in_channel"],
  refuse_response_urls: ["Slack refuses response URLs", "expired_url"],
};

export function drawSwitches(parent, light) {
  const { switches } = state;
  const [name, meaning, tone] = WEAV[switches.weav] ?? WEAV.works;
  const slow = switches.slow > 0;
  light.className = `light ${slow && tone === "good" ? "waiting" : tone}`;
  light.textContent = `${name}${slow ? `, ${switches.slow} s late` : ""}`;
  // The one in use is left alone: a redraw would take the focus away.
  const focused = parent.contains(document.activeElement) && document.activeElement.id;
  replace(parent, weavSwitches(meaning), slackSwitches());
  if (focused) document.getElementById(focused)?.focus();
}

function weavSwitches(meaning) {
  const { switches } = state;
  const chips = Object.entries(WEAV).map(([value, [name]]) => {
    const id = `weav-${value}`;
    const chosen = h("input", { type: "radio", name: "weav-does", id, value, onchange: () => turn({ weav: value }) });
    chosen.checked = switches.weav === value;
    return h("label", { for: id, class: "chip" }, chosen, h("span", {}, name));
  });
  return h(
    "fieldset",
    { class: "part switches" },
    h("legend", {}, "What Weav does"),
    h("div", { class: "chips" }, chips),
    h("p", { class: "meaning" }, meaning),
    h("div", { class: "knobs" }, slowness(), switches.weav === "field" && refusedField()),
  );
}

function slowness() {
  const set = (event) => turn({ slow: Math.min(60, Math.max(0, Number(event.target.value) || 0)) });
  return h(
    "label",
    { for: "weav-slow" },
    "Answers late by ",
    h("input", { type: "number", id: "weav-slow", min: "0", max: "60", step: "0.5", value: state.switches.slow, onchange: set }),
    " s",
  );
}

function refusedField() {
  const options = FIELDS.map((field) => h("option", { value: field }, field));
  const select = h("select", { id: "refused-field", onchange: (event) => turn({ field: event.target.value }) }, options);
  select.value = state.switches.field;
  return h("span", {}, h("label", { for: "refused-field" }, "Refused field"), " ", select);
}

function slackSwitches() {
  return h(
    "div",
    { class: "part toggles", role: "group", "aria-label": "What Slack does" },
    Object.entries(SLACK).map(([key, [name, note]]) => {
      const id = `slack-${key}`;
      const box = h("input", { type: "checkbox", role: "switch", id, onchange: () => turn({ [key]: box.checked }) });
      box.checked = state.switches[key];
      return h("label", { for: id, class: "toggle" }, box, h("span", {}, name, " ", h("span", { class: "quiet" }, note)));
    }),
  );
}
