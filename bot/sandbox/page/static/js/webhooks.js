// Weav's webhooks: options for their delivery, and a list of all that were sent.

import { setSwitches } from "./api.js";
import { h } from "./dom.js";
import { outcome, pretty } from "./exchange.js";
import { part } from "./part.js";
import { on, state } from "./store.js";
import { toggle } from "./switches.js";

const SIGNATURES = { hex: "hex", base64: "base64", "sha256=hex": "sha256= and hex", "sha256=base64": "sha256= and base64" };
const SHAPES = { nested: "in “data”", flat: "at the top level", unknown: "under unknown names" };
const TOGGLES = {
  webhook_twice: ["Send each twice", "both at once"],
  webhook_reversed: ["Out of order", "the newest of each second first"],
};

export function setUpWebhooks() {
  const knobs = [
    choice("webhook_signature", "Signature", SIGNATURES),
    choice("webhook_shape", "IDs", SHAPES),
    lateness(),
  ];
  const toggles = Object.entries(TOGGLES).map(([key, [name, note]]) => toggle(key, name, note));
  const sent = part("Sent to the bot", "webhooks");
  const element = h(
    "details",
    { class: "part webhooks" },
    h("summary", {}, "Webhooks"),
    h("p", { class: "quiet" }, "Weav sends the bot an event for each change. These details are not documented:"),
    h("div", { class: "knobs" }, knobs.map((each) => each.element)),
    h("div", { class: "toggles" }, toggles.map((each) => each.element)),
    sent.element,
  );
  on("switches", () => {
    for (const { show } of [...knobs, ...toggles]) show(state.switches);
  });
  on("webhooks", () => {
    const newest = [...state.webhooks.values()].reverse();
    sent.show(newest.map(item), "None yet.");
  });
  return { element };
}

function choice(key, label, names) {
  const options = Object.entries(names).map(([value, name]) => h("option", { value }, name));
  const select = h("select", { id: key, onchange: () => setSwitches({ [key]: select.value }) }, options);
  const element = h("span", {}, h("label", { for: key }, label), " ", select);
  return { element, show: (switches) => (select.value = switches[key]) };
}

function lateness() {
  const set = () => setSwitches({ webhook_late: Math.min(600, Math.max(0, Number(seconds.value) || 0)) });
  const seconds = h("input", { type: "number", id: "webhook_late", min: "0", max: "600", step: "0.5", onchange: set });
  const element = h("label", { for: "webhook_late" }, "Sent after ", seconds, " s");
  return { element, show: ({ webhook_late }) => (seconds.value = webhook_late) };
}

function item(webhook) {
  return [webhook.number, JSON.stringify(webhook), () => drawWebhook(webhook)];
}

function drawWebhook(webhook) {
  const { number, event, body, signature, attempts } = webhook;
  const { tone, word } = outcome(attempts.at(-1) ?? { seconds: null });
  return h(
    "li",
    { class: "card", dataset: { event } },
    h(
      "details",
      { dataset: { key: `webhook ${number}` } },
      h(
        "summary",
        {},
        h("span", { class: "path" }, event),
        h("span", { class: `status ${tone}` }, word),
        h("span", { class: "quiet" }, deliveryNote(webhook)),
      ),
      h("h4", {}, "X-Weav-Signature"),
      pretty(signature),
      h("h4", {}, "Body"),
      pretty(body),
    ),
  );
}

function deliveryNote({ attempts, is_over, is_accepted }) {
  if (attempts.length > 0 && !is_accepted) return is_over ? "given up" : "will be retried";
  return attempts.length > 1 ? `${attempts.length} times` : "";
}
