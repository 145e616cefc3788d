// Subscribes to the server: a snapshot, then every change. The browser reconnects automatically.

import { ANN, byId, emit, state } from "./store.js";

const HANDLERS = {
  message: takeMessage,
  message_changed: takeMessage,
  message_deleted: dropMessage,
  channel: takeChannel,
  view_opened: takeView,
  view_updated: takeView,
  view_closed: dropView,
  home_published: takeHome,
  trouble: (trouble) => emit("trouble", trouble),
  exchange: takeExchange,
  conversation: takeConversation,
  conversation_deleted: dropConversation,
  weav_message: takeWeavMessage,
  webhook: takeWebhook,
  customer: takeCustomer,
  switches: takeSwitches,
};

let stream;

export function follow() {
  stream?.close();
  stream = new EventSource(`/api/events?as=${encodeURIComponent(state.me)}`);
  stream.onopen = () => emit("connected", true);
  stream.onerror = () => (isNobody() ? beAnn() : emit("connected", false));
  stream.onmessage = (event) => {
    const { kind, data } = JSON.parse(event.data);
    if (kind === "snapshot") takeSnapshot(data);
    else HANDLERS[kind]?.(data);
  };
}

// EventSource closes for good only after an error answer, here 404: there is no such user.
const isNobody = () => stream.readyState === EventSource.CLOSED && state.me !== ANN;

function beAnn() {
  emit("notice", `There is nobody called “${state.me}” here.`);
  state.me = ANN;
  follow();
}

function takeSnapshot({ me, app, slack, weav, switches }) {
  state.me = me;
  state.app = app;
  state.users = byId(slack.users);
  state.channels = byId(slack.channels);
  state.messages = byId(slack.messages, "ts");
  state.views = byId(slack.views);
  state.home = slack.home;
  state.exchanges = byId(weav.exchanges, "number");
  state.conversations = byId(weav.conversations);
  state.weavMessages = byId(weav.messages);
  state.webhooks = byId(weav.webhooks, "number");
  state.customers = weav.customers;
  state.companies = weav.companies;
  state.agents = weav.agents;
  state.weavUsers = weav.users;
  state.switches = switches;
  const before = state.channel || sessionStorage.getItem("channel");
  const wanted = state.channels.has(before) ? before : firstChannel();
  if (wanted !== state.channel) Object.assign(state, { thread: "", tab: "messages" });
  state.channel = wanted;
  for (const topic of ["snapshot", "place", "messages", "views", "home", "weav", "webhooks", "switches"]) emit(topic);
}

function firstChannel() {
  const support = [...state.channels.values()].find((channel) => channel.name === "support");
  return (support ?? [...state.channels.values()][0])?.id ?? "";
}

function takeMessage(message) {
  const isNew = !state.messages.has(message.ts);
  state.messages.set(message.ts, message);
  const parent = state.messages.get(message.thread_ts);
  if (parent && parent !== message && !message.only_for) parent.thread_ts = parent.ts;
  const elsewhere = message.channel !== state.channel || state.tab === "home" || document.hidden;
  if (isNew && elsewhere && message.user !== state.me) state.unread.add(message.channel);
  emit("messages", message);
}

function dropMessage(message) {
  state.messages.delete(message.ts);
  emit("messages", message);
}

function takeChannel(channel) {
  state.channels.set(channel.id, channel);
  emit("channels");
}

function takeView(view) {
  if (!view.is_open) return;
  state.views.set(view.id, view);
  emit("views");
}

function dropView(view) {
  state.views.delete(view.id);
  emit("views");
}

function takeHome(view) {
  state.home = view;
  emit("home");
}

function takeExchange(exchange) {
  state.exchanges.set(exchange.number, exchange);
  emit("weav");
}

function takeConversation(conversation) {
  state.conversations.set(conversation.id, conversation);
  emit("weav");
}

function dropConversation(conversation) {
  state.conversations.delete(conversation.id);
  emit("weav");
}

function takeWeavMessage(message) {
  state.weavMessages.set(message.id, message);
  emit("weav");
}

function takeWebhook(webhook) {
  state.webhooks.set(webhook.number, webhook);
  emit("webhooks");
}

function takeCustomer(customer) {
  state.customers.push(customer);
  emit("customers");
}

function takeSwitches(switches) {
  state.switches = switches;
  emit("switches");
}
