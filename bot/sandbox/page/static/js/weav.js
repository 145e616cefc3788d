// The other half: what Weav got, what exists there, and what goes wrong.

import { h, icon, replace } from "./dom.js";
import { drawExchange } from "./exchange.js";
import { drawSwitches } from "./switches.js";
import { on, showPane, state } from "./store.js";

export function setUpWeav() {
  const light = h("p", { class: "light", role: "status" });
  const switches = h("div", {});
  const ids = h("div", {});
  const conversations = part("Conversations that exist", "conversations");
  const exchanges = part("Requests of the bot", "exchanges");
  document.getElementById("weav").append(
    h("header", { class: "bar" }, h("div", {}, h("h2", {}, "Weav"), h("p", { class: "quiet" }, "F6 leads here and back")), light),
    h("div", { class: "weav-body" }, switches, ids, conversations.element, exchanges.element),
  );
  on("switches", () => drawSwitches(switches, light));
  on("snapshot customers", () => {
    const open = [...ids.children].map((each) => each.open);
    replace(ids, drawIds());
    open.forEach((is, index) => (ids.children[index].open = is));
  });
  on("weav", () => {
    const newest = (map) => [...map.values()].reverse();
    conversations.show(newest(state.conversations).map(drawConversation), "None yet.");
    exchanges.show(newest(state.exchanges).map(drawExchange), "None yet: fill in the form.");
    goToConversation();
  });
  addEventListener("hashchange", goToConversation);
}

function part(title, id) {
  const count = h("span", { class: "count" }, "0");
  const list = h("ol", { id, class: "cards" });
  const heading = h("h3", { id: `${id}-title` }, title, " ", count);
  const element = h("section", { class: "part", "aria-labelledby": heading.id }, heading, list);
  const show = (items, nothing) => {
    count.textContent = String(items.length);
    // Redrawing would fold together what somebody has opened to read.
    const opened = new Set([...list.querySelectorAll("details[open]")].map((each) => each.dataset.key));
    replace(list, items.length ? items : h("li", { class: "quiet" }, nothing));
    for (const each of list.querySelectorAll("details")) each.open = opened.has(each.dataset.key);
  };
  return { element, show };
}

function drawIds() {
  const customers = state.customers.map((each) => ({
    id: each.id,
    name: customerName(each),
    note: each.email,
  }));
  const people = state.weavUsers.map(({ id, name }) => ({ id, name, note: "person" }));
  const agents = state.agents.map(({ id, name, is_active: active }) => ({
    id,
    name,
    note: active ? "AI agent" : "AI agent, inactive",
  }));
  const companies = state.companies.map(({ id, name }) => ({ id, name, note: "company" }));
  return [
    folded("Customers to choose from", customers, true),
    folded("People and agents to assign to", [...people, ...agents], false),
    folded("Companies for a channel's defaults", companies, false),
  ];
}

function customerName({ first_name, last_name, email }) {
  return [first_name, last_name].filter(Boolean).join(" ") || email;
}

function folded(title, entries, open) {
  return h(
    "details",
    { class: "part ids", open },
    h("summary", {}, title),
    h("ul", {}, entries.map(idEntry)),
  );
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

function drawConversation(conversation) {
  const customer = state.customers.find(({ id }) => id === conversation.customer_id);
  const name = customer ? customerName(customer) : conversation.customer_id;
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
