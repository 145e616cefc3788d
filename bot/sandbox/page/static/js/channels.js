// The sidebar: the current user, and the conversations.

import { openTab } from "./apphome.js";
import { h, icon, keyedRenderer, replace, setChildren } from "./dom.js";
import { avatarOf } from "./message.js";
import { menuButton } from "./menu.js";
import { channelTitle, isApp, on, openChannel, showPane, state, userName } from "./store.js";
import { follow } from "./stream.js";

export function setUpChannels() {
  const groups = [
    group("Channels", (channel) => !channel.is_im),
    group("Direct messages", (channel) => channel.is_im && !isApp(channel)),
    group("Apps", isApp),
  ];
  document.getElementById("channels").append(...groups.map(({ element }) => element));
  on("snapshot", drawWorkspace);
  on("place channels messages snapshot", () => {
    for (const { show } of groups) show([...state.channels.values()]);
  });
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
      { class: "person", "aria-label": `You are ${userName(state.me)}. Switch user` },
      [avatarOf(state.me), h("span", {}, userName(state.me)), icon("down")],
      others,
    ),
  );
}

function role(user) {
  if (user.is_stranger) return "from another organisation";
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

function group(title, belongs) {
  const list = h("ul", {});
  const element = h("div", { class: "group" }, h("h2", {}, title), list);
  const render = keyedRenderer();
  const show = (all) => {
    const channels = all.filter(belongs);
    element.hidden = !channels.length;
    setChildren(list, render(channels.map(item)));
    for (const button of list.querySelectorAll("button")) mark(button);
  };
  return { element, show };
}

function item(channel) {
  return [channel.id, JSON.stringify([state.me, channel]), () => entry(channel)];
}

function entry(channel) {
  const go = () => {
    const unread = state.unread.has(channel.id);
    openChannel(channel.id);
    showPane("messages");
    if (isApp(channel) && state.app.home_tab) openTab(unread ? "messages" : "home");
  };
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", dataset: { channel: channel.id }, onclick: go },
      sign(channel),
      h("span", { class: "name" }, channelTitle(channel)),
      h("span", { class: "dot" }, h("span", { class: "hidden" }, "unread")),
    ),
  );
}

function mark(button) {
  const { channel } = button.dataset;
  const unread = state.unread.has(channel);
  button.classList.toggle("unread", unread);
  button.querySelector(".dot").hidden = !unread;
  if (channel === state.channel) button.setAttribute("aria-current", "page");
  else button.removeAttribute("aria-current");
}

function sign(channel) {
  if (!channel.is_im) return icon(channel.is_private ? "lock" : "hash");
  return avatarOf(channel.members.find((id) => id !== state.me) ?? state.me);
}
