// The switches for faults of Weav and Slack.

import { setSwitches } from "./api.js";
import { h } from "./dom.js";
import { on, state } from "./store.js";

const WEAV = {
  works: ["Works", "Weav works normally.", "good"],
  down: ["Down", "Connections are refused. The bot queues what you submit now.", "bad"],
  field: ["Refuses a field", "422 with an error for the field chosen below.", "bad"],
  unauthorised: ["401", "The bot's token is not accepted.", "bad"],
  forbidden: ["403", "The bot's token lacks a permission.", "bad"],
  limited: ["Rate limited", "429 with “Retry-After: 5”. The bot queues what you submit.", "bad"],
  lost_answer: ["Loses its answer", "Processes the request, then cuts the connection. The bot looks for the conversation in Weav.", "bad"],
  lost_request: ["Loses the request", "Cuts the connection and creates nothing. The bot cannot know that.", "bad"],
};
const FIELDS = ["customer_id", "channel", "subject", "status", "priority", "assignee_type", "assignee_id"];
const SLACK = {
  refuse_posts: ["Slack refuses posts in channels", "not_in_channel"],
  refuse_response_urls: ["Slack refuses response URLs", "expired_url"],
};

/** Draws all switches, and updates them and the status light when the server reports a change. */
export function setUpSwitches(light) {
  const parts = [weavSwitches(), slackSwitches()];
  on("switches", () => {
    const { weav, slow } = state.switches;
    const [name, , tone] = WEAV[weav];
    light.className = `light ${slow > 0 && tone === "good" ? "waiting" : tone}`;
    light.textContent = `${name}${slow > 0 ? `, ${slow} s late` : ""}`;
    for (const { show } of parts) show(state.switches);
  });
  return parts.map(({ element }) => element);
}

function weavSwitches() {
  const chips = Object.keys(WEAV).map(chip);
  const meaning = h("p", { class: "meaning" });
  const [slow, field] = [slowness(), refusedField()];
  const element = h(
    "fieldset",
    { class: "part switches" },
    h("legend", {}, "What Weav does"),
    h("div", { class: "chips" }, chips.map((each) => each.element)),
    meaning,
    h("div", { class: "knobs" }, slow.element, field.element),
  );
  const show = (switches) => {
    meaning.textContent = WEAV[switches.weav][1];
    for (const each of [...chips, slow, field]) each.show(switches);
  };
  return { element, show };
}

function chip(value) {
  const id = `weav-${value}`;
  const chosen = h("input", { type: "radio", name: "weav-does", id, value, onchange: () => setSwitches({ weav: value }) });
  const element = h("label", { for: id, class: "chip" }, chosen, h("span", {}, WEAV[value][0]));
  return { element, show: ({ weav }) => (chosen.checked = weav === value) };
}

function slowness() {
  const set = () => setSwitches({ slow: Math.min(60, Math.max(0, Number(seconds.value) || 0)) });
  const seconds = h("input", { type: "number", id: "weav-slow", min: "0", max: "60", step: "0.5", onchange: set });
  const element = h("label", { for: "weav-slow" }, "Answers late by ", seconds, " s");
  return { element, show: ({ slow }) => (seconds.value = slow) };
}

function refusedField() {
  const options = FIELDS.map((field) => h("option", { value: field }, field));
  const select = h("select", { id: "refused-field", onchange: () => setSwitches({ field: select.value }) }, options);
  const element = h("span", {}, h("label", { for: "refused-field" }, "Refused field"), " ", select);
  const show = ({ weav, field }) => {
    element.hidden = weav !== "field";
    select.value = field;
  };
  return { element, show };
}

function slackSwitches() {
  const toggles = Object.entries(SLACK).map(([key, [name, note]]) => toggle(key, name, note));
  const drawn = toggles.map(({ element }) => element);
  const element = h("div", { class: "part toggles", role: "group", "aria-label": "What Slack does" }, drawn);
  return { element, show: (switches) => toggles.forEach(({ show }) => show(switches)) };
}

export function toggle(key, name, note) {
  const box = h("input", { type: "checkbox", role: "switch", id: key, onchange: () => setSwitches({ [key]: box.checked }) });
  const said = h("span", {}, name, " ", h("span", { class: "quiet" }, note));
  const element = h("label", { for: key, class: "toggle" }, box, said);
  return { element, show: (switches) => (box.checked = switches[key]) };
}
