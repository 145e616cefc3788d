// The top modal of the user's stack. It covers only the Slack half, so that Weav's IDs can be copied
// and its switches used while a form is open.

import { act } from "./api.js";
import { drawBlocks, showError } from "./blocks.js";
import { h, icon, keyedRenderer, replace, setChildren } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { trapFocus } from "./focus.js";
import { Form } from "./form.js";
import { on, state, topView } from "./store.js";

const dialog = document.getElementById("modal");
const cover = document.getElementById("cover");
const covered = ["sidebar", "slack", "thread"].map((id) => document.getElementById(id));
const forms = new Map();
let shell = null;
let before = null;

export function setUpModal() {
  on("views", show);
  trapFocus(dialog);
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    close();
  });
}

function show() {
  const view = topView();
  for (const id of forms.keys()) if (!state.views.has(id)) forms.delete(id);
  if (view) draw(view);
  else uncover();
}

function draw(view) {
  const at = document.activeElement;
  const block = dialog.contains(at) && at.closest("[data-block]")?.dataset.block;
  const form = forms.get(view.id) ?? new Form(view);
  forms.set(view.id, form);
  if (shell?.id !== view.id) shell = makeShell(view, form);
  if (shell.hash !== view.hash) fillShell(view, form);
  coverSlack(at);
  showAnswer(view);
  // Do not take the focus from Weav's half.
  if (dialog.contains(document.activeElement) || at.closest("#weav")) return;
  const same = block && dialog.querySelector(`[data-block="${CSS.escape(block)}"] :is(input, textarea)`);
  (same || dialog.querySelector("[autofocus]") || shell.title).focus();
}

function makeShell(view, form) {
  const title = h("h2", { id: "modal-title", tabindex: "-1" });
  const trouble = h("p", { class: "trouble", role: "alert", hidden: true });
  const body = h("div", { class: "modal-body" }, trouble);
  const footer = h("footer", {});
  const dismiss = () => close({ clear: true });
  const header = h(
    "header",
    {},
    h("span", { class: "app-icon", "aria-hidden": "true" }, "W"),
    title,
    h("button", { type: "button", class: "ghost", "aria-label": "Close", onclick: dismiss }, icon("close")),
  );
  const submitted = (event) => submit(event, view.id, form);
  replace(dialog, h("form", { novalidate: true, onsubmit: submitted }, header, body, footer));
  return { id: view.id, hash: "", title, trouble, body, footer, blocks: new Map(), render: keyedRenderer() };
}

/** Draws a version of the view; unchanged blocks stay, and keep the focus. */
function fillShell(view, form) {
  form.draw(view);
  const run = (action_id, value) =>
    act({ do: "act", view_id: view.id, action_id, value, values: form.values() });
  const context = { form, run, errors: view.errors };
  const nodes = view.blocks.map((block) => {
    const version = versionOf(block, form);
    return [version, shell.blocks.get(version) ?? drawBlocks([block], context)[0]];
  });
  shell.blocks = new Map(nodes);
  shell.hash = view.hash;
  replace(shell.title, withEmoji(view.title.text));
  setChildren(shell.body, [shell.trouble, ...nodes.map(([, node]) => node)]);
  setChildren(shell.footer, shell.render(buttons(view)));
}

/**
 * The version of a block. Initial values do not count: a field keeps its value when they change. Only an external
 * select takes the initial option that comes with an update.
 */
function versionOf(block, form) {
  if (block.type !== "input") return JSON.stringify(block);
  const { element } = block;
  const lasting = Object.entries(element).filter(([name]) => !/^(initial_|focus_on_load$)/.test(name));
  const begins = element.type === "external_select" ? element.initial_option?.value : undefined;
  const jumps = begins !== undefined && begins !== form.get(block, element);
  return JSON.stringify([{ ...block, element: Object.fromEntries(lasting) }, jumps && begins]);
}

function buttons({ close: dismissal, submit: submission }) {
  const word = dismissal?.text ?? "Cancel";
  const dismiss = () => h("button", { type: "button", class: "button", onclick: () => close() }, word);
  const send = () => h("button", { type: "submit", class: "button primary" }, submission.text);
  return [["close", word, dismiss], submission && ["submit", submission.text, send]].filter(Boolean);
}

/** Shows the errors of the answer to a submission. */
function showAnswer(view) {
  replace(shell.trouble, view.trouble);
  shell.trouble.hidden = !view.trouble;
  for (const field of dialog.querySelectorAll("[data-block]")) {
    showError(field, view.errors[field.dataset.block]);
  }
  const errors = JSON.stringify(view.errors);
  const isNew = errors !== shell.errors && errors !== "{}";
  shell.errors = errors;
  if (isNew && !document.activeElement.closest("#weav")) dialog.querySelector('[aria-invalid="true"]')?.focus();
}

function coverSlack(at) {
  if (dialog.open) return;
  before = at;
  dialog.open = true;
  cover.hidden = false;
  for (const part of covered) part.inert = true;
}

function uncover() {
  shell = null;
  if (!dialog.open) return;
  const hadFocus = document.activeElement === document.body || dialog.contains(document.activeElement);
  dialog.open = false;
  cover.hidden = true;
  for (const part of covered) part.inert = false;
  if (hadFocus && before?.isConnected) before.focus();
}

// A second click is sent, too: the bot must handle a form that is submitted twice.
async function submit(event, view_id, form) {
  event.preventDefault();
  const pressed = shell?.footer.querySelector("button[type=submit]");
  if (!pressed) return;
  pressed.setAttribute("aria-busy", "true");
  shell.errors = "";
  await act({ do: "submit", view_id, values: form.values() });
  pressed.removeAttribute("aria-busy");
}

function close({ clear = false } = {}) {
  const view = topView();
  if (view) act({ do: "close", view_id: view.id, clear });
}
