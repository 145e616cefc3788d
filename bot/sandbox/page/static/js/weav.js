// Weav's half of the page: switches, IDs, webhooks, conversations, requests.

import { h, icon, keyedRenderer, setChildren } from "./dom.js";
import { drawExchange } from "./exchange.js";
import { part } from "./part.js";
import { customerName, on, state } from "./store.js";
import { setUpSwitches } from "./switches.js";
import { conversationItem, goToConversation } from "./weavconversations.js";
import { setUpWebhooks } from "./webhooks.js";

export function setUpWeav() {
  const light = h("p", { class: "light", role: "status" });
  const customers = idList("Customers to choose from", { open: true });
  const assignees = idList("People and agents to assign to");
  const companies = idList("Companies for a channel's defaults");
  const conversations = part("Conversations in Weav", "conversations");
  const exchanges = part("Requests from the bot", "exchanges");
  document.getElementById("weav").append(
    h("header", { class: "bar" }, h("div", {}, h("h2", {}, "Weav"), h("p", { class: "quiet" }, "F6 switches between Slack and Weav")), light),
    h(
      "div",
      { class: "weav-body" },
      setUpSwitches(light),
      [customers, assignees, companies, setUpWebhooks(), conversations, exchanges].map(({ element }) => element),
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
    exchanges.show(newest(state.exchanges).map(exchangeItem), "None yet. Submit the form to see one.");
    goToConversation();
  });
  addEventListener("hashchange", goToConversation);
}

function agentEntry({ id, name, is_active: active }) {
  return { id, name, note: active ? "AI agent" : "AI agent, inactive" };
}

function idList(title, { open = false } = {}) {
  const list = h("ul", {});
  const element = h("details", { class: "part ids", open }, h("summary", {}, title), list);
  const render = keyedRenderer();
  const show = (entries) =>
    setChildren(list, render(entries.map((each) => [each.id, JSON.stringify(each), () => idEntry(each)])));
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
