// The app's tabs, and the home tab that the bot has published for this user.

import { act } from "./api.js";
import { drawBlocks } from "./blocks.js";
import { h, keyedRenderer, setChildren } from "./dom.js";
import { rememberFocus } from "./focus.js";
import { Form } from "./form.js";
import { emit, isApp, on, state } from "./store.js";

const TABS = { home: "Home", messages: "Messages" };

/** Opens a tab of the app; Slack sends the bot an event. */
export async function openTab(tab) {
  state.tab = tab;
  emit("place");
  const answer = await act({ do: "open_home", tab });
  if (answer?.trouble) emit("notice", `The bot did not accept the event app_home_opened: “${answer.trouble}”.`);
}

/** Returns the tabs, and `home`, which replaces the elements in `others` while the home tab is open. */
export function setUpAppHome(others) {
  const tabs = Object.keys(TABS).map(tabButton);
  const list = h("div", { class: "tabs", role: "tablist", "aria-label": "Parts of the app", hidden: true }, tabs);
  const home = h("div", { class: "home", role: "tabpanel", id: "home", "aria-labelledby": "tab-home", tabindex: "0" });
  const body = h("div", { class: "text blocks" });
  home.append(body);
  list.addEventListener("keydown", (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    const other = tabs.find((each) => each !== document.activeElement);
    other.focus();
    other.click();
  });
  const render = keyedRenderer();
  const place = () => {
    list.hidden = !state.app.home_tab || !isApp(state.channels.get(state.channel));
    const atHome = !list.hidden && state.tab === "home";
    home.hidden = !atHome;
    for (const other of others) other.hidden = atHome;
    for (const each of tabs) choose(each, each.dataset.tab === state.tab);
  };
  const draw = () => {
    const refocus = rememberFocus(body);
    setChildren(body, render(state.home ? homeBlocks(state.home) : [["nothing", "", nothing]]));
    refocus();
  };
  on("place channels", place);
  on("home", draw);
  return { tabs: list, home };
}

function tabButton(tab) {
  return h(
    "button",
    { type: "button", role: "tab", id: `tab-${tab}`, dataset: { tab }, onclick: () => openTab(tab) },
    TABS[tab],
  );
}

function choose(button, isOn) {
  button.setAttribute("aria-selected", String(isOn));
  button.tabIndex = isOn ? 0 : -1;
}

function homeBlocks(view) {
  const form = new Form(view);
  const run = (action_id, value, block_id) => act({ do: "act_in_home", block_id, action_id, value });
  return view.blocks.map((block) => [
    block.block_id,
    JSON.stringify(block),
    () => h("div", { dataset: { key: block.block_id } }, drawBlocks([block], { run, form, errors: {} })),
  ]);
}

function nothing() {
  return h("p", { class: "quiet" }, "The bot has published nothing here yet.");
}
