// Draws the elements that have a value.
// https://docs.slack.dev/reference/block-kit/block-elements

import { act } from "./api.js";
import { Combobox } from "./combobox.js";
import { h } from "./dom.js";
import { emojiText } from "./emoji.js";
import { textObject } from "./mrkdwn.js";
import { channelLabel, state, userName } from "./store.js";

const TYPING_PAUSE = 150;

const TYPED = {
  plain_text_input: "text",
  email_text_input: "email",
  url_text_input: "url",
  number_input: "number",
  datepicker: "date",
};

/** `field` has block, element, form, attributes (id, aria-…), optional and onchange(value). */
const FIELDS = {
  ...Object.fromEntries(Object.keys(TYPED).map((type) => [type, typed])),
  static_select: (field) => select(field, listed(optionsOf(field.element))),
  external_select: (field) => select(field, (query) => suggested(field, query)),
  conversations_select: (field) => select(field, listed(conversations())),
  channels_select: (field) => select(field, listed(conversations().filter(({ im }) => !im))),
  users_select: (field) => select(field, listed(people())),
  radio_buttons: (field) => choices(field, "radio"),
  checkboxes: (field) => choices(field, "checkbox"),
};

export const isField = (element) => Object.hasOwn(FIELDS, element.type);

export const isGroup = (element) => ["radio_buttons", "checkboxes"].includes(element.type);

export function drawField(field) {
  return FIELDS[field.element.type](field);
}

function typed({ block, element, form, attributes, onchange }) {
  const lines = element.multiline;
  return h(lines ? "textarea" : "input", {
    ...(lines ? { rows: "4" } : { type: TYPED[element.type], autocomplete: "off" }),
    ...attributes,
    class: "typed",
    placeholder: element.placeholder?.text,
    value: String(form.get(block, element)),
    oninput: (event) => onchange(event.target.value),
    onkeydown: lines ? undefined : (event) => event.key === "Enter" && event.isComposing && event.preventDefault(),
  });
}

function choices({ block, element, form, attributes, onchange }, type) {
  const held = form.get(block, element);
  const isOn = (value) => (type === "radio" ? held === value : (held || []).includes(value));
  const { id, ...described } = attributes;
  const boxes = element.options.map((option, index) => {
    const box = h("input", { type, name: id, id: `${id}-${index}`, value: option.value, ...described });
    box.checked = isOn(option.value);
    return { box, option };
  });
  const now = () => boxes.filter(({ box }) => box.checked).map(({ option }) => option.value);
  return h(
    "div",
    { class: "choices", onchange: () => onchange(type === "radio" ? now()[0] : now()) },
    boxes.map(({ box, option }) =>
      h("label", { for: box.id }, box, h("span", {}, textObject(option.text), note(option))),
    ),
  );
}

function note(option) {
  return option.description && h("small", {}, textObject(option.description));
}

function select({ block, element, form, attributes, optional, onchange }, find) {
  const held = form.get(block, element);
  const known = element.type === "external_select" ? asOption(form.option(block, element)) : null;
  const chosen = held ? (known ?? find("").find((each) => each.value === held)) : null;
  const box = new Combobox({
    find,
    chosen: chosen ?? null,
    clearable: optional,
    placeholder: element.placeholder?.text ?? "Choose an option",
    onchoose: (option) => onchange(option?.value ?? ""),
    attributes,
  });
  return box.element;
}

function listed(options) {
  return (query) => options.filter((each) => each.label.toLowerCase().includes(query.toLowerCase()));
}

function asOption(option, group) {
  if (!option) return null;
  return { value: option.value, label: emojiText(option.text.text), note: option.description?.text, group };
}

function optionsOf(element) {
  const groups = element.option_groups ?? [{ options: element.options ?? [] }];
  return groups.flatMap((group) => group.options.map((option) => asOption(option, group.label?.text)));
}

function conversations() {
  return [...state.channels.values()].map((channel) => ({
    value: channel.id,
    label: channelLabel(channel),
    note: channel.is_private && !channel.is_im ? "private" : undefined,
    im: channel.is_im,
  }));
}

function people() {
  return [...state.users.values()].map(({ id, name }) => ({ value: id, label: userName(id), note: `@${name}` }));
}

// Runs one search at a time, for the latest query: a choice must be among the options offered last.
async function suggested(field, query) {
  const { element, form } = field;
  if (query.length < (element.min_query_length ?? 3)) return null;
  const action = { do: "suggest", view_id: form.view.id, action_id: element.action_id, query };
  field.wanted = action;
  if (query) await new Promise((resolve) => setTimeout(resolve, TYPING_PAUSE));
  await field.searching;
  if (field.wanted !== action) return null;
  field.searching = act(action);
  const answer = await field.searching;
  return answer ? answer.options.map((option) => asOption(option)) : null;
}
