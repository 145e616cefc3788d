// The modal on top of a person's stack, drawn from the view that the bot sent. It covers the Slack
// half alone: Weav's ids can be copied, and its switches turned, while a form is open.

import { act } from "./api.js";
import { drawBlocks, showError } from "./blocks.js";
import { h, icon, keeping, replace, settle } from "./dom.js";
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
  // Whoever is busy in the other half stays there.
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
  return { id: view.id, hash: "", title, trouble, body, footer, blocks: new Map(), keep: keeping() };
}

/** Draw a version of the view; blocks that are as before stay, with the keyboard in them. */
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
  settle(shell.body, [shell.trouble, ...nodes.map(([, node]) => node)]);
  settle(shell.footer, shell.keep(buttons(view)));
}

/** What a field is drawn from: what stands in it stays, whatever it would begin with now. */
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

/** Show what the answer to a submission says about the fields that are there already. */
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

// A second click is sent, too: Slack repeats what got no answer, and the bot has to bear it.
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
