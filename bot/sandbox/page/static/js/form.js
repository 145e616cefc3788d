// The values in the fields of a modal before it is sent. As in Slack, an update of the view keeps the
// value of a field only if block_id, action_id and type are the same.

const KEYS = {
  static_select: "selected_option",
  external_select: "selected_option",
  radio_buttons: "selected_option",
  checkboxes: "selected_options",
  users_select: "selected_user",
  conversations_select: "selected_conversation",
  channels_select: "selected_channel",
  datepicker: "selected_date",
};

/** The plain value of an entry of `view.state.values`: text, an option's value, or a list. */
function valueOf(entry) {
  const held = entry?.[KEYS[entry.type] ?? "value"];
  if (Array.isArray(held)) return held.map((option) => option.value ?? option);
  return held?.value ?? held ?? "";
}

export class Form {
  #drafts = new Map();

  constructor(view) {
    this.draw(view);
  }

  /** Switches to a new version of the view. */
  draw(view) {
    this.view = view;
    const there = new Set(this.#fields().map(([block, element]) => this.#key(block, element)));
    for (const key of this.#drafts.keys()) if (!there.has(key)) this.#drafts.delete(key);
  }

  get(block, element) {
    const key = this.#key(block, element);
    if (this.#drafts.has(key)) return this.#drafts.get(key);
    return valueOf(this.view.state.values[block.block_id]?.[element.action_id]);
  }

  /** The selected option of an external select; only the option has the label. */
  option(block, element) {
    return this.view.state.values[block.block_id]?.[element.action_id]?.selected_option ?? null;
  }

  set(block, element, value) {
    this.#drafts.set(this.#key(block, element), value);
  }

  /** By block_id, as the server expects them. */
  values() {
    return Object.fromEntries(this.#fields().map(([block, element]) => [block.block_id, this.get(block, element)]));
  }

  #fields() {
    const inputs = this.view.blocks.filter((block) => block.type === "input");
    const known = inputs.filter(({ block_id, element }) =>
      Object.hasOwn(this.view.state.values[block_id] ?? {}, element.action_id),
    );
    return known.map((block) => [block, block.element]);
  }

  #key(block, element) {
    return JSON.stringify([block.block_id, element.action_id, element.type]);
  }
}
