// The conversations in Weav, and what the user can do with them there.

import { actInWeav } from "./api.js";
import { h, icon } from "./dom.js";
import { menuButton } from "./menu.js";
import { customerName, showPane, state } from "./store.js";

const PRIORITIES = ["low", "normal", "high", "urgent"];
const WRITERS = { customer: "Customer", user: "Support", agent: "AI agent", system: "System" };
// Drafts survive a redraw of their conversation.
const drafts = new Map();

export function conversationItem(conversation) {
  const customer = state.customers.find(({ id }) => id === conversation.customer_id);
  const name = customer ? customerName(customer) : conversation.customer_id;
  const messages = [...state.weavMessages.values()].filter((each) => each.conversation_id === conversation.id);
  const version = JSON.stringify([conversation, name, messages]);
  return [conversation.id, version, () => drawConversation(conversation, name, messages)];
}

function drawConversation(conversation, name, messages) {
  const { id, status, subject } = conversation;
  const facts = [name, conversation.channel, conversation.priority, status];
  if (conversation.assignee_id) facts.push(`assigned to ${nameOf(conversation.assignee_id)}`);
  const change = (fields) => actInWeav({ do: "change", conversation_id: id, fields });
  const [word, next] = status === "open" ? ["Close", "closed"] : ["Reopen", "open"];
  const title = subject ?? "No subject";
  return h(
    "li",
    { id: `conversation-${id}`, class: "card", tabindex: "-1", dataset: { key: id } },
    h("p", {}, h("strong", {}, title)),
    h("p", { class: "quiet" }, facts.join(" · ")),
    h("code", {}, id),
    h(
      "div",
      { class: "in-weav", role: "group", "aria-label": `In Weav: ${title}` },
      h("button", { type: "button", class: "button small", onclick: () => change({ status: next }) }, word),
      menuButton({ class: "button small" }, ["Change", icon("down")], () => changes(conversation, change)),
    ),
    drawMessages(id, messages),
  );
}

function changes(conversation, change) {
  const prioritise = (priority) => ({
    label: `Priority: ${priority}`,
    note: priority === conversation.priority ? "current" : undefined,
    run: () => change({ priority }),
  });
  const assign = ({ id, name }) => ({
    label: `Assign to ${name}`,
    run: () => change({ assignee_type: "user", assignee_id: id }),
  });
  return [
    ...PRIORITIES.map(prioritise),
    ...state.weavUsers.map(assign),
    { label: "Unassign", run: () => change({ assignee_type: null, assignee_id: null }) },
    { label: "Delete", danger: true, run: () => actInWeav({ do: "delete", conversation_id: conversation.id }) },
  ];
}

function drawMessages(id, messages) {
  const list = h("ol", { class: "weav-messages" }, messages.map(drawMessage));
  const summary = h("summary", {}, messages.length ? `Messages (${messages.length})` : "Write a message");
  return h("details", { dataset: { key: `${id} messages` } }, summary, messages.length > 0 && list, draft(id));
}

function drawMessage({ sender_type, content, is_internal }) {
  const writer = is_internal ? "Internal note" : WRITERS[sender_type];
  return h("li", { class: is_internal ? "internal" : "" }, h("span", { class: "quiet" }, `${writer}: `), content ?? "");
}

function draft(conversation_id) {
  if (!drafts.has(conversation_id)) drafts.set(conversation_id, makeDraft(conversation_id));
  return drafts.get(conversation_id);
}

function makeDraft(conversation_id) {
  const text = h("textarea", { rows: "2", "aria-label": "New message in Weav", maxlength: "10000" });
  const send = async (as) => {
    const content = text.value.trim();
    if (content && (await actInWeav({ do: "write", conversation_id, content, ...as }))) text.value = "";
  };
  const button = (label, as) =>
    h("button", { type: "button", class: "button small", onclick: () => send(as) }, label);
  return h(
    "div",
    { class: "in-weav" },
    text,
    button("Send as customer", { sender_type: "customer" }),
    button("Send as support", { sender_type: "user" }),
    button("Add internal note", { sender_type: "user", is_internal: true }),
  );
}

function nameOf(id) {
  return [...state.weavUsers, ...state.agents].find((each) => each.id === id)?.name ?? id;
}

/** Shows the conversation that the card's link "Open in Weav" points to. */
export function goToConversation(event) {
  const card = location.hash.startsWith("#conversation-") && document.getElementById(location.hash.slice(1));
  for (const each of document.querySelectorAll("#conversations .target")) each.classList.remove("target");
  if (!card) return;
  card.classList.add("target");
  if (!event) return;
  showPane("weav");
  card.scrollIntoView({ block: "nearest" });
  card.focus({ preventScroll: true });
}
