// The page's state and its listeners. The data of Slack and Weav comes only from the server's event
// stream; the rest is what the user is looking at.

export const ANN = "U0ANN";

export const state = {
  me: new URLSearchParams(location.search).get("as") || ANN,
  app: { name: "", commands: [], shortcuts: [], home_tab: false },
  users: new Map(),
  channels: new Map(),
  messages: new Map(),
  views: new Map(),
  home: null,
  unread: new Set(),
  exchanges: new Map(),
  conversations: new Map(),
  weavMessages: new Map(),
  webhooks: new Map(),
  customers: [],
  companies: [],
  agents: [],
  weavUsers: [],
  switches: {},
  channel: "",
  tab: "messages",
  thread: "",
};

const listeners = new Map();

export function on(topics, listener) {
  for (const topic of topics.split(" ")) {
    listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
  }
}

export function emit(topic, detail) {
  for (const listener of listeners.get(topic) ?? []) listener(detail);
}

export const byId = (list, key = "id") => new Map(list.map((each) => [each[key], each]));

export function userName(id) {
  return state.users.get(id)?.real_name ?? id;
}

export function isBot(id) {
  return state.users.get(id)?.is_bot ?? false;
}

/** Whether this is the conversation with the app, which also has its home tab. */
export function isApp(channel) {
  return Boolean(channel?.is_im) && channel.members.some(isBot);
}

export function channelTitle(channel) {
  if (!channel.is_im) return channel.name;
  const others = channel.members.filter((id) => id !== state.me);
  return others.map(userName).join(", ");
}

/** "#support", or the name of the other person. */
export function channelLabel(channel) {
  return channel.is_im ? channelTitle(channel) : `#${channel.name}`;
}

export function customerName({ first_name, last_name, email }) {
  return [first_name, last_name].filter(Boolean).join(" ") || email;
}

export function topView() {
  return [...state.views.values()].at(-1);
}

export function openChannel(id) {
  state.channel = id;
  state.tab = "messages";
  state.thread = "";
  state.unread.delete(id);
  sessionStorage.setItem("channel", id);
  emit("place");
}

export function openThread(ts) {
  state.thread = ts;
  emit("place");
}

export function showPane(pane) {
  document.body.dataset.pane = pane;
  emit("pane");
}
