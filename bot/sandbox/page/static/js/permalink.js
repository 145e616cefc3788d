// Permalinks to messages of this workspace open them on this page.

import { openChannel, openThread, showPane, state } from "./store.js";

const PERMALINK = /^https:\/\/[\w-]+\.slack\.com\/archives\/(\w+)\/p(\d+)(\d{6})(?:\?|$)/;

export function messageAt(url) {
  const found = PERMALINK.exec(url);
  const message = found && state.messages.get(`${found[2]}.${found[3]}`);
  return message?.channel === found?.[1] ? message : null;
}

export function openMessage(message) {
  const inThread = message.thread_ts && message.thread_ts !== message.ts;
  showPane("messages");
  openChannel(message.channel);
  if (inThread) openThread(message.thread_ts);
  const place = inThread ? "#thread" : "#slack";
  const drawn = document.querySelector(`${place} [data-ts="${CSS.escape(message.ts)}"]`);
  drawn?.scrollIntoView({ block: "center" });
  drawn?.classList.add("found");
  setTimeout(() => drawn?.classList.remove("found"), 2000);
}
