// One message: author, time, content, thread and actions.

import { act } from "./api.js";
import { drawBlocks } from "./blocks.js";
import { clockOf } from "./dates.js";
import { h, icon } from "./dom.js";
import { Form } from "./form.js";
import { menuButton } from "./menu.js";
import { mrkdwn } from "./mrkdwn.js";
import { isBot, openThread, state, userName } from "./store.js";

/** `follows`: the previous message is from the same person, a moment earlier. */
export function drawMessage(message, { follows = false, inThread = false } = {}) {
  const ephemeral = Boolean(message.only_for);
  const replies = inThread ? [] : repliesTo(message);
  const classes = ["message", ephemeral && "ephemeral", follows && "follows", isBot(message.user) && "bot"];
  return h(
    "article",
    { class: classes.filter(Boolean).join(" "), "aria-label": heading(message), dataset: { ts: message.ts, key: message.ts } },
    h("div", { class: "avatar", "aria-hidden": "true", dataset: { user: message.user } }, initials(message.user)),
    h(
      "div",
      { class: "said" },
      ephemeral && h("p", { class: "only-you" }, icon("eye"), "Only visible to you"),
      h(
        "p",
        { class: "who" },
        h("strong", {}, userName(message.user)),
        isBot(message.user) && h("span", { class: "app-badge" }, "APP"),
        h("time", {}, clockOf(message.ts)),
      ),
      content(message),
      replies.length > 0 && threadLink(message, replies),
    ),
    !ephemeral && tools(message, inThread),
  );
}

export function repliesTo(message) {
  if (message.thread_ts && message.thread_ts !== message.ts) return [];
  const all = [...state.messages.values()];
  return all.filter((each) => each.thread_ts === message.ts && each.ts !== message.ts);
}

export function avatarOf(user) {
  return h("span", { class: "avatar small", "aria-hidden": "true", dataset: { user } }, initials(user));
}

function initials(user) {
  return userName(user).charAt(0);
}

function heading(message) {
  return `${userName(message.user)} at ${clockOf(message.ts)}${message.only_for ? ", only visible to you" : ""}`;
}

function content(message) {
  if (!message.blocks.length) {
    const edited = message.edited && h("span", { class: "edited" }, " (edited)");
    return h("div", { class: "text" }, h("p", {}, mrkdwn(message.text), edited));
  }
  const run = (action_id, value, block_id) =>
    act({ do: "click", message_ts: message.ts, block_id, action_id, value });
  const form = new Form({ blocks: message.blocks, state: { values: {} } });
  return h("div", { class: "text blocks" }, drawBlocks(message.blocks, { run, form, errors: {} }));
}

function threadLink(message, replies) {
  const authors = [...new Set(replies.map((reply) => reply.user))].slice(0, 4);
  const count = `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
  return h(
    "button",
    { type: "button", class: "thread-link", onclick: () => openThread(message.ts) },
    authors.map(avatarOf),
    count,
    h("span", { class: "quiet" }, `Last reply ${clockOf(replies.at(-1).ts)}`),
  );
}

function tools(message, inThread) {
  const root = message.thread_ts || message.ts;
  const reply = { label: "Reply in thread", run: () => openThread(root) };
  const shortcuts = () =>
    state.app.shortcuts
      .filter((shortcut) => shortcut.type === "message")
      .map(({ name, callback_id }) => ({
        label: name,
        note: state.app.name,
        run: () => act({ do: "message_shortcut", callback_id, message_ts: message.ts }),
      }));
  return h(
    "div",
    { class: "tools" },
    !inThread &&
      h(
        "button",
        { type: "button", class: "ghost", "aria-label": reply.label, title: reply.label, onclick: reply.run },
        icon("reply"),
      ),
    menuButton(
      { class: "ghost", "aria-label": "More actions", title: "More actions" },
      icon("more"),
      () => [...shortcuts(), ...(inThread ? [] : [reply])],
    ),
  );
}
