// Slack's mrkdwn as nodes: https://docs.slack.dev/messaging/formatting-message-text

import { slackDate } from "./dates.js";
import { h } from "./dom.js";
import { emojiNode, withEmoji } from "./emoji.js";
import { messageAt, openMessage } from "./permalink.js";
import { channelLabel, openChannel, state, userName } from "./store.js";

const edge = (mark) =>
  `(?<![A-Za-z0-9])\\${mark}(?=\\S)([^\\${mark}\\n]*[^\\s\\${mark}])\\${mark}(?![A-Za-z0-9])`;
// In the order of the groups in `inline`; the leftmost match wins.
const INLINE = new RegExp(
  ["`([^`\\n]+)`", "<([^<>]+)>", edge("*"), edge("_"), edge("~"), ":([a-z0-9_+'-]+):"].join("|"),
);
const BARE_LINK = /(https?:\/\/[^\s<>|]+[^\s<>|.,;:!?)])/;
const FENCE = /```\n?([\s\S]+?)```/;
const QUOTED = /^(?:&gt;|>) ?/;

export function decode(text) {
  return text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);
}

/** `verbatim`: do not turn bare URLs into links. */
export function mrkdwn(text, { verbatim = false } = {}) {
  return text.split(FENCE).flatMap((part, index) => {
    if (index % 2) return [h("pre", {}, decode(part.replace(/<([^|>]+)(?:\|[^>]*)?>/g, "$1")))];
    return paragraphs(part, verbatim);
  });
}

/** Draws a Block Kit text object. */
export function textObject(object) {
  if (object.type === "mrkdwn") return mrkdwn(object.text, object);
  return object.emoji === false ? [object.text] : withEmoji(object.text);
}

function paragraphs(text, verbatim) {
  const runs = [];
  for (const line of text.split("\n")) {
    const quoted = QUOTED.test(line);
    if (!runs.length || runs.at(-1).quoted !== quoted) runs.push({ quoted, lines: [] });
    runs.at(-1).lines.push(quoted ? line.replace(QUOTED, "") : line);
  }
  return runs.flatMap(({ quoted, lines }) => {
    const nodes = inline(lines.join("\n"), verbatim);
    return quoted ? [h("blockquote", {}, nodes)] : nodes;
  });
}

function inline(text, verbatim) {
  const found = INLINE.exec(text);
  if (!found) return plain(text, verbatim);
  const [whole, code, control, bold, italic, struck, emoji] = found;
  const before = plain(text.slice(0, found.index), verbatim);
  const after = inline(text.slice(found.index + whole.length), verbatim);
  return [...before, draw(), ...after];

  function draw() {
    if (code !== undefined) return h("code", {}, decode(code.replace(/<([^|>]+)(?:\|[^>]*)?>/g, "$1")));
    if (control !== undefined) return controlNode(control);
    if (emoji !== undefined) return emojiNode(emoji);
    if (bold !== undefined) return h("strong", {}, inline(bold, verbatim));
    if (italic !== undefined) return h("em", {}, inline(italic, verbatim));
    return h("s", {}, inline(struck, verbatim));
  }
}

function plain(text, verbatim) {
  if (verbatim) return text ? [decode(text)] : [];
  const parts = text.split(BARE_LINK).filter(Boolean);
  return parts.map((part) => (BARE_LINK.test(part) ? linkNode(decode(part)) : decode(part)));
}

function controlNode(control) {
  const bar = control.indexOf("|");
  const target = bar < 0 ? control : control.slice(0, bar);
  const label = bar < 0 ? "" : decode(control.slice(bar + 1));
  if (target.startsWith("@")) return userNode(target.slice(1), label);
  if (target.startsWith("#")) return channelNode(target.slice(1), label);
  if (target.startsWith("!")) return specialNode(target.slice(1), label);
  return linkNode(decode(target), label);
}

export function userNode(id, label = "") {
  const mine = id === state.me ? " me" : "";
  return h("span", { class: `mention${mine}` }, `@${label || userName(id)}`);
}

export function channelNode(id, label = "") {
  const channel = state.channels.get(id);
  if (!channel) return h("span", { class: "mention" }, label ? `#${label}` : "🔒 private channel");
  const open = () => openChannel(id);
  return h("button", { class: "mention", type: "button", onclick: open }, channelLabel(channel));
}

function specialNode(special, label) {
  const [kind, ...rest] = special.split("^");
  if (kind === "date") return dateNode(Number(rest[0]), rest[1] ?? "", rest[2], label);
  return h("span", { class: "mention me" }, `@${label || kind}`);
}

export function dateNode(seconds, pattern, url, fallback) {
  if (!Number.isFinite(seconds)) return document.createTextNode(fallback);
  const iso = new Date(seconds * 1000).toISOString();
  const time = h("time", { datetime: iso, title: fallback }, slackDate(seconds, pattern));
  return url ? linkNode(decode(url), time) : time;
}

/** Only http, https and mailto URLs become links; everything else stays text. */
export function linkNode(url, label = "") {
  const text = label || url.replace(/^mailto:/, "");
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return h("span", {}, text);
  const message = messageAt(url);
  if (message) return h("button", { class: "link", type: "button", onclick: () => openMessage(message) }, text);
  const here = url.startsWith(`${location.origin}/#`);
  const href = here ? url.slice(location.origin.length + 1) : url;
  const away = here ? {} : { target: "_blank", rel: "noopener noreferrer" };
  return h("a", { href, ...away }, text);
}
