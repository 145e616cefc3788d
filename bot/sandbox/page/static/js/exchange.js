// One request to Weav: its body, its answer and its duration.

import { h } from "./dom.js";

export function drawExchange(exchange) {
  const { tone, word } = outcome(exchange);
  const seconds = exchange.seconds === null ? "" : `${exchange.seconds.toFixed(2)} s`;
  return h(
    "li",
    { class: "card", dataset: { method: exchange.method } },
    h(
      "details",
      { dataset: { key: exchange.number } },
      h(
        "summary",
        {},
        h("span", { class: "method" }, exchange.method),
        h("span", { class: "path" }, exchange.path.replace(/^\/v1/, "") + (exchange.query && `?${exchange.query}`)),
        h("span", { class: `status ${tone}` }, word),
        h("span", { class: "quiet" }, seconds),
      ),
      h("p", { class: "quiet" }, `${new Date(exchange.at).toLocaleTimeString()} · ${exchange.user_agent}`),
      exchange.body && [h("h4", {}, "Body"), pretty(exchange.body)],
      h("h4", {}, "Answer"),
      exchange.answer ? pretty(exchange.answer) : h("p", { class: "quiet" }, missing(exchange)),
    ),
  );
}

export function outcome({ status, seconds }) {
  if (seconds === null) return { tone: "waiting", word: "in progress" };
  if (status === null) return { tone: "bad", word: "no answer" };
  return { tone: status < 300 ? "good" : "bad", word: String(status) };
}

function missing({ seconds, status }) {
  if (seconds === null) return "Not yet.";
  return status === null ? "The connection was cut." : "Empty.";
}

export function pretty(text) {
  let shown = text;
  try {
    shown = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // Not JSON: show it unchanged.
  }
  return h("pre", { tabindex: "0" }, shown);
}
