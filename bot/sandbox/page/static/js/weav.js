// The other half: what Weav got, what exists there, and what goes wrong.

import { h, icon, keeping, settle } from "./dom.js";
import { drawExchange } from "./exchange.js";
import { setUpSwitches } from "./switches.js";
import { on, showPane, state } from "./store.js";

export function setUpWeav() {
  const light = h("p", { class: "light", role: "status" });
  const customers = folded("Customers to choose from", { open: true });
  const assignees = folded("People and agents to assign to");
  const companies = folded("Companies for a channel's defaults");
  const conversations = part("Conversations that exist", "conversations");
  const exchanges = part("Requests of the bot", "exchanges");
  document.getElementById("weav").append(
    h("header", { class: "bar" }, h("div", {}, h("h2", {}, "Weav"), h("p", { class: "quiet" }, "F6 leads here and back")), light),
    h(
      "div",
      { class: "weav-body" },
      setUpSwitches(light),
      [customers, assignees, companies, conversations, exchanges].map(({ element }) => element),
    ),
  );
  on("snapshot customers", () => {
    customers.show(state.customers.map((each) => ({ id: each.id, name: customerName(each), note: each.email })));
    assignees.show([...state.weavUsers.map((each) => ({ ...each, note: "person" })), ...state.agents.map(agentEntry)]);
    companies.show(state.companies.map((each) => ({ ...each, note: "company" })));
  });
  on("weav", () => {
    const newest = (map) => [...map.values()].reverse();
    conversations.show(newest(state.conversations).map(conversationItem), "None yet.");
    exchanges.show(newest(state.exchanges).map(exchangeItem), "None yet: fill in the form.");
    goToConversation();
  });
  addEventListener("hashchange", goToConversation);
}

function part(title, id) {
  const count = h("span", { class: "count" }, "0");
  const list = h("ol", { id, class: "cards" });
  const heading = h("h3", { id: `${id}-title` }, title, " ", count);
  const element = h("section", { class: "part", "aria-labelledby": heading.id }, heading, list);
  const keep = keeping();
  const show = (items, nothing) => {
    count.textContent = String(items.length);
    // An answer that arrives would fold together what somebody has opened to read.
    const opened = new Set([...list.querySelectorAll("details[open]")].map((each) => each.dataset.key));
    settle(list, items.length ? keep(items) : [h("li", { class: "quiet" }, nothing)]);
    for (const each of list.querySelectorAll("details")) each.open = opened.has(each.dataset.key);
  };
  return { element, show };
}

function customerName({ first_name, last_name, email }) {
  return [first_name, last_name].filter(Boolean).join(" ") || email;
}

function agentEntry({ id, name, is_active: active }) {
  return { id, name, note: active ? "AI agent" : "AI agent, inactive" };
}

function folded(title, { open = false } = {}) {
  const list = h("ul", {});
  const element = h("details", { class: "part ids", open }, h("summary", {}, title), list);
  const keep = keeping();
  const show = (entries) =>
    settle(list, keep(entries.map((each) => [each.id, JSON.stringify(each), () => idEntry(each)])));
  return { element, show };
}

function idEntry({ id, name, note }) {
  const label = `Copy the ID of ${name}`;
  const said = h("span", { class: "copied", role: "status" });
  const copy = async () => {
    await navigator.clipboard.writeText(id);
    said.textContent = "Copied";
    setTimeout(() => said.replaceChildren(), 1500);
  };
  return h(
    "li",
    {},
    h("span", { title: note }, name),
    h("code", {}, id),
    h("button", { type: "button", class: "ghost", "aria-label": label, title: label, onclick: copy }, icon("copy"), said),
  );
}

function exchangeItem(exchange) {
  return [exchange.number, JSON.stringify(exchange), () => drawExchange(exchange)];
}

function conversationItem(conversation) {
  const customer = state.customers.find(({ id }) => id === conversation.customer_id);
  const name = customer ? customerName(customer) : conversation.customer_id;
  return [conversation.id, JSON.stringify([conversation, name]), () => drawConversation(conversation, name)];
}

function drawConversation(conversation, name) {
  const facts = [name, conversation.channel, conversation.priority, conversation.status];
  if (conversation.assignee_id) facts.push(`assigned to ${nameOf(conversation.assignee_id)}`);
  return h(
    "li",
    { id: `conversation-${conversation.id}`, class: "card", tabindex: "-1" },
    h("p", {}, h("strong", {}, conversation.subject ?? "No subject")),
    h("p", { class: "quiet" }, facts.join(" · ")),
    h("code", {}, conversation.id),
  );
}

function nameOf(id) {
  return [...state.weavUsers, ...state.agents].find((each) => each.id === id)?.name ?? id;
}

/** Where a card's "Open in Weav" leads. */
function goToConversation(event) {
  const card = location.hash.startsWith("#conversation-") && document.getElementById(location.hash.slice(1));
  for (const each of document.querySelectorAll("#conversations .target")) each.classList.remove("target");
  if (!card) return;
  card.classList.add("target");
  if (!event) return;
  showPane("weav");
  card.scrollIntoView({ block: "nearest" });
  card.focus({ preventScroll: true });
}
