// The messages of one conversation, and the thread to their right.

import { setUpAppHome } from "./apphome.js";
import { Composer } from "./composer.js";
import { h, icon, replace } from "./dom.js";
import { MessageList } from "./list.js";
import { repliesTo } from "./message.js";
import { channelLabel, emit, isApp, isBot, on, state } from "./store.js";

export function setUpConversation() {
  const title = h("h2", {});
  const about = h("p", { class: "quiet" });
  const list = new MessageList("Messages");
  const composer = new Composer({ id: "composer", onsend: () => list.goToEnd() });
  const { tabs, home } = setUpAppHome([list.element, composer.element]);
  document.getElementById("slack").append(
    h("header", { class: "bar" }, h("div", {}, title, about), tabs),
    home,
    list.element,
    composer.element,
  );
  let shown = "";
  const draw = () => {
    const channel = state.channels.get(state.channel);
    if (!channel) return;
    replace(title, channelLabel(channel));
    replace(about, aboutChannel(channel));
    const place = `${state.me} ${channel.id}`;
    list.show(rootsIn(channel.id), { toEnd: place !== shown });
    composer.moveTo(channel);
    shown = place;
  };
  on("place messages channels", draw);
}

export function setUpThread() {
  const panel = document.getElementById("thread");
  const list = new MessageList("Thread", { inThread: true });
  const composer = new Composer({ id: "thread-composer", onsend: () => list.goToEnd(), inThread: true });
  const where = h("p", { class: "quiet" });
  const close = () => {
    const ts = state.thread;
    state.thread = "";
    emit("place");
    document.querySelector(`[data-ts="${CSS.escape(ts)}"] button`)?.focus();
  };
  panel.append(
    h(
      "header",
      { class: "bar" },
      h("div", {}, h("h2", {}, "Thread"), where),
      h("button", { type: "button", class: "ghost", "aria-label": "Close thread", onclick: close }, icon("close")),
    ),
    list.element,
    composer.element,
  );
  panel.addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && close());
  let shown = "";
  on("place messages", () => {
    const root = state.messages.get(state.thread);
    panel.hidden = !root;
    document.body.classList.toggle("with-thread", Boolean(root));
    if (!root) {
      shown = "";
      return;
    }
    const channel = state.channels.get(root.channel);
    replace(where, channelLabel(channel));
    const isNew = shown !== root.ts;
    list.show([root, ...repliesTo(root)], { toEnd: isNew });
    composer.moveTo(channel, root.ts);
    if (isNew) composer.focus();
    shown = root.ts;
  });
}

function rootsIn(channel) {
  const all = [...state.messages.values()].filter((message) => message.channel === channel);
  const top = all.filter((message) => !message.thread_ts || message.thread_ts === message.ts);
  return top.sort((one, other) => Number(one.ts) - Number(other.ts));
}

function aboutChannel(channel) {
  if (channel.is_im) return isApp(channel) ? "App" : "Direct message";
  const kind = channel.is_private ? "Private" : channel.is_shared ? "Shared with another organisation" : "Public";
  const here = channel.members.some(isBot) ? "the bot is a member" : "the bot is not a member (/invite @Weav adds it)";
  return `${kind} · ${here}`;
}

