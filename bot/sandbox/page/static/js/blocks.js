// Draws Block Kit: https://docs.slack.dev/reference/block-kit/blocks. Blocks that this page does not
// know are shown as JSON, so that everything that the bot sent is visible.

import { button, overflow } from "./buttons.js";
import { h, newId, replace } from "./dom.js";
import { drawField, isField, isGroup } from "./fields.js";
import { textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";

/** `context` has run(action_id, value, block_id), which sends an action to the bot, form, and errors by block_id. */
export function drawBlocks(blocks, context) {
  return blocks.map((block) => (BLOCKS[block.type] ?? unknown)(block, context));
}

const BLOCKS = {
  section,
  input,
  actions: (block, context) =>
    h("div", { class: "actions" }, block.elements.map((each) => element(each, block, context))),
  alert: (block) =>
    h("div", { class: `alert ${block.level ?? "default"}`, role: "note" }, h("p", {}, textObject(block.text))),
  context: (block) => h("div", { class: "context" }, block.elements.map(contextItem)),
  divider: () => h("hr"),
  header: (block) => h("h3", { class: "header" }, textObject(block.text)),
  rich_text: richText,
};

function unknown(thing) {
  return h(
    "div",
    { class: "unknown", role: "note" },
    h("p", {}, `This page cannot draw “${thing.type}”. The bot sent:`),
    h("pre", { tabindex: "0" }, JSON.stringify(thing, null, 2)),
  );
}

function section(block, context) {
  return h(
    "div",
    { class: "section" },
    h(
      "div",
      { class: "section-text" },
      block.text && h("p", {}, textObject(block.text)),
      block.fields && h("div", { class: "facts" }, block.fields.map((field) => h("p", {}, textObject(field)))),
    ),
    block.accessory && h("div", { class: "accessory" }, element(block.accessory, block, context)),
  );
}

function contextItem(item) {
  if (item.type === "image") return unknown(item);
  return h("span", {}, textObject(item));
}

function element(each, block, context) {
  const run = (action_id, value) => context.run(action_id, value, block.block_id);
  if (each.type === "button") return button(each, run);
  if (each.type === "overflow") return overflow(each, run);
  if (!isField(each) || !context.form) return unknown(each);
  const onchange = (value) => {
    context.form.set(block, each, value);
    return run(each.action_id, value);
  };
  const label = each.placeholder?.text ?? each.type.replaceAll("_", " ");
  const attributes = { id: newId("field"), "aria-label": label };
  return drawField({ block, element: each, form: context.form, attributes, optional: true, onchange });
}

function input(block, context) {
  const each = block.element;
  if (!isField(each)) return h("div", { class: "field" }, h("p", { class: "label" }, block.label.text), unknown(each));
  const id = newId("field");
  const error = h("p", { class: "error", id: `${id}-error` });
  const hint = block.hint && h("p", { class: "hint", id: `${id}-hint` }, textObject(block.hint));
  const group = isGroup(each);
  const onchange = (value) => {
    context.form.set(block, each, value);
    // The server must know an external select's choice before the form is sent: only it has the label.
    const tells = block.dispatch_action && each.type !== "plain_text_input";
    if (tells || each.type === "external_select") context.run(each.action_id, value, block.block_id);
  };
  const attributes = {
    id,
    "aria-describedby": `${error.id} ${hint ? hint.id : ""}`.trim(),
    "aria-required": !block.optional && !group ? "true" : undefined,
    autofocus: each.focus_on_load,
  };
  const field = { block, element: each, form: context.form, attributes, optional: block.optional, onchange };
  const optional = block.optional && h("span", { class: "optional" }, " (optional)");
  const label = h(group ? "legend" : "label", group ? {} : { for: id }, textObject(block.label), optional);
  const drawn = h(
    group ? "fieldset" : "div",
    { class: "field", dataset: { block: block.block_id } },
    label,
    drawField(field),
    error,
    hint,
  );
  showError(drawn, context.errors[block.block_id]);
  return drawn;
}

/** Shows an error under a field, or removes it. */
export function showError(field, error) {
  replace(field.querySelector(".error"), error);
  field.classList.toggle("invalid", Boolean(error));
  for (const control of field.querySelectorAll("input, textarea")) {
    if (error) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }
}
