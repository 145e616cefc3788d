// The left side: whom one is, and the conversations.

import { h, icon, replace } from "./dom.js";
import { avatarOf } from "./message.js";
import { menuButton } from "./menu.js";
import { channelTitle, isBot, on, openChannel, showPane, state, userName } from "./store.js";
import { follow } from "./stream.js";

export function setUpChannels() {
  on("snapshot", drawWorkspace);
  on("place channels messages snapshot", drawChannels);
}

function drawWorkspace() {
  const others = () =>
    [...state.users.values()]
      .filter((user) => !user.is_bot)
      .map((user) => ({ label: user.real_name, note: role(user), run: () => become(user.id) }));
  replace(
    document.getElementById("workspace"),
    h("h1", {}, "Weav sandbox"),
    menuButton(
      { class: "person", "aria-label": `You are ${userName(state.me)}. Be somebody else` },
      [avatarOf(state.me), h("span", {}, userName(state.me)), icon("down")],
      others,
    ),
  );
}

function role(user) {
  if (user.is_stranger) return "of another organisation";
  if (user.is_restricted) return "guest";
  return user.id === state.me ? "you" : "";
}

function become(id) {
  if (id === state.me) return;
  const address = new URL(location.href);
  address.searchParams.set("as", id);
  history.replaceState(null, "", address);
  state.me = id;
  state.unread.clear();
  follow();
}

function drawChannels() {
  const all = [...state.channels.values()];
  const withBot = (channel) => channel.is_im && channel.members.some(isBot);
  replace(
    document.getElementById("channels"),
    group("Channels", all.filter((channel) => !channel.is_im)),
    group("Direct messages", all.filter((channel) => channel.is_im && !withBot(channel))),
    group("Apps", all.filter(withBot)),
  );
}

function group(title, channels) {
  if (!channels.length) return null;
  return h("div", { class: "group" }, h("h2", {}, title), h("ul", {}, channels.map(entry)));
}

function entry(channel) {
  const current = channel.id === state.channel;
  const unread = state.unread.has(channel.id);
  const go = () => {
    openChannel(channel.id);
    showPane("messages");
  };
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", class: unread ? "unread" : "", "aria-current": current ? "page" : undefined, onclick: go },
      sign(channel),
      h("span", { class: "name" }, channelTitle(channel)),
      unread && h("span", { class: "dot" }, h("span", { class: "hidden" }, "unread")),
    ),
  );
}

function sign(channel) {
  if (!channel.is_im) return icon(channel.is_private ? "lock" : "hash");
  return avatarOf(channel.members.find((id) => id !== state.me) ?? state.me);
}
