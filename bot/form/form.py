"""A form as one value: read from a Slack view, changed, and rendered into a view again."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from bot.access.audience import Audience
from bot.form.options import assignee_option, customer_option
from bot.form.values import (
    FilledForm,
    FormValues,
    Origin,
    Source,
    first_text,
    load_sources,
    values_of,
)
from bot.slack import ids
from bot.slack.blocks import Json, alert, context, mrkdwn
from bot.slack.payloads import View, at, list_at, text_at
from bot.slack.text import channel_name, link, shorten
from bot.weav.models import SUBJECT_LIMIT, AssigneeType

POST_TO_HINT: Final = "Everyone there sees the summary. It does not show the customer's messages."
# https://docs.slack.dev/reference/block-kit/composition-objects/text-object
_TEXT_LIMIT: Final = 3000
_AUDIENCE_NOTES: Final = {
    Audience.SHARED: (
        "People from other organisations read this channel. They will see the conversation's ID,"
        " status and link, but not the subject or the customer."
    ),
    Audience.HIDDEN: (
        "For the full card, type /invite @Weav in this channel first. The bot cannot see who reads"
        " the channel, so the bot will post a short card: the conversation's ID, its status and"
        " its link."
    ),
}
# Where a view's state has a value, and where an element has its initial one, for the elements that
# our forms use: https://docs.slack.dev/reference/block-kit/block-elements
_STATE_PATHS: Final = (("value",), ("selected_option", "value"), ("selected_conversation",))
_INITIAL_KEYS: Final = {
    "plain_text_input": "initial_value",
    "static_select": "initial_option",
    "radio_buttons": "initial_option",
    "external_select": "initial_option",
    "conversations_select": "initial_conversation",
}


@dataclass(frozen=True, slots=True)
class Form:
    """Everything that `bot.form.view.render` needs.

    `options`: the selected options of the external selects, by field, as Slack writes them.
    `extra_blocks`: by block_id, the blocks that are not fields (texts, and the checkbox for another
    conversation). They and `post_to_hint`, which says who reads the channel, go back to Slack
    unchanged unless the bot has newer ones.
    """

    values: FormValues = field(default_factory=FormValues)
    origin: Origin = field(default_factory=Origin)
    sources: Mapping[str, Source] = field(default_factory=dict)
    options: Mapping[str, Json] = field(default_factory=dict)
    extra_blocks: Mapping[str, Json] = field(default_factory=dict)
    post_to_hint: str = POST_TO_HINT
    for_defaults: bool = False

    @classmethod
    def of(cls, filled: FilledForm, reason: str = "") -> Self:
        """Make a form of a filled one; `reason`, shown on top, says why it comes back."""
        form = cls(filled.values, filled.origin).with_labels(filled.labels)
        if reason:
            text = shorten(reason, _TEXT_LIMIT)
            form = form.with_blocks({ids.REASON: alert(text, "warning", ids.REASON)})
        if filled.origin.via == "message":
            form = form.with_blocks({ids.ABOUT_MESSAGE: _about_message(filled.origin)})
        return form

    def with_values(self, values: Mapping[str, str], source: Source) -> Self:
        """Set values; the fields' hints name their source."""
        return replace(
            self,
            values=self.values.model_copy(update=dict(values)),
            sources={**self.sources, **dict.fromkeys(values, source)},
        )

    def with_labels(self, labels: Mapping[str, str]) -> Self:
        """Show names in place of the customer's and the assignee's IDs."""
        if not labels:
            return self
        named = {
            ids.CUSTOMER_ID: customer_option(self.values.customer_id, labels.get(ids.CUSTOMER_ID)),
            ids.ASSIGNEE_ID: assignee_option(self.values.assignee_id, labels.get(ids.ASSIGNEE_ID)),
        }
        options = {name: found for name, found in named.items() if found and labels.get(name)}
        return replace(self, options={**self.options, **options})

    def with_blocks(self, blocks: Mapping[str, Json]) -> Self:
        return replace(self, extra_blocks={**self.extra_blocks, **blocks})

    def without_block(self, block_id: str) -> Self:
        kept = {name: block for name, block in self.extra_blocks.items() if name != block_id}
        return replace(self, extra_blocks=kept)

    def with_audience(self, audience: Audience) -> Self:
        """Say below `post_to` if outsiders read the channel, or the bot cannot see who does."""
        hint = f"{_AUDIENCE_NOTES.get(audience, '')} {POST_TO_HINT}".strip()
        return replace(self, post_to_hint=hint)

    @property
    def takes_typed_assignee(self) -> bool:
        """Whether the assignee is a text input: no kind of assignee is chosen yet."""
        return self.values.assignee_type not in set(AssigneeType)

    @property
    def customer(self) -> Json | None:
        """The option that the select begins with."""
        return self.options.get(ids.CUSTOMER_ID) or customer_option(self.values.customer_id)

    @property
    def assignee(self) -> Json | None:
        """The option that the select of people or agents begins with."""
        if self.takes_typed_assignee:
            return None
        return self.options.get(ids.ASSIGNEE_ID) or assignee_option(self.values.assignee_id)

    def with_state(self, state: object) -> Self:
        """Take over the fields that are in a view's state; leave the others as they are.

        After a change of assignee type Slack keeps the old choice in the select, and so does the
        form. The user sees it, and submitting it is refused.
        """
        if not at(state, "values"):
            return self
        values: dict[str, str] = {}
        options = dict(self.options)
        for name in ids.FIELDS_OF_FORMS:
            entry = at(state, "values", name, name)
            if not self._matches_input(name, entry):
                continue
            values[name] = first_text(entry, _STATE_PATHS)
            options.pop(name, None)
            if entry["type"] == "external_select" and text_at(entry, "selected_option", "value"):
                options[name] = entry["selected_option"]
        now = self.values.model_copy(update=values)
        tick = at(state, "values", ids.ANOTHER, ids.ANOTHER)
        origin = self.origin
        if text_at(tick, "type") == "checkboxes":
            origin = origin.model_copy(update={"another": bool(list_at(tick, "selected_options"))})
        sources = {
            name: source
            for name, source in self.sources.items()
            if getattr(now, name) == getattr(self.values, name)
        }
        return replace(self, values=now, options=options, origin=origin, sources=sources)

    def _matches_input(self, name: str, entry: object) -> bool:
        """Whether the state's entry comes from the type of input that this form draws."""
        kind = text_at(entry, "type")
        if name == ids.ASSIGNEE_ID:
            return kind == ("plain_text_input" if self.takes_typed_assignee else "external_select")
        return kind in _INITIAL_KEYS


def form_of(view: View) -> Form:
    """Read the form back from a view's blocks, whichever version and process drew them."""
    values: dict[str, str] = {}
    options: dict[str, Json] = {}
    extra_blocks: dict[str, Json] = {}
    post_to_hint = POST_TO_HINT
    for block in view.blocks:
        name = text_at(block, "block_id")
        if name not in ids.FIELDS_OF_FORMS:
            if name and (name != ids.ANOTHER or list_at(block, "element", "options")):
                extra_blocks[name] = block
            continue
        kind = text_at(block, "element", "type")
        initial = _INITIAL_KEYS.get(kind, "")
        values[name] = first_text(block, (("element", initial), ("element", initial, "value")))
        if kind == "external_select" and text_at(block, "element", initial, "value"):
            options[name] = block["element"][initial]
        if name == ids.POST_TO:
            post_to_hint = text_at(block, "hint", "text") or POST_TO_HINT
    origin = Origin.load(view.private_metadata)
    if tick := extra_blocks.get(ids.ANOTHER):
        element = {**tick["element"]}
        if element.pop("initial_options", None):  # 0.1.0 records a tick only here
            origin = origin.model_copy(update={"another": True})
        extra_blocks[ids.ANOTHER] = {**tick, "element": element}
    return Form(
        values=FormValues(**values),
        origin=origin,
        sources=load_sources(view.private_metadata),
        options=options,
        extra_blocks=extra_blocks,
        post_to_hint=post_to_hint,
        for_defaults=view.callback_id == ids.DEFAULTS_MODAL,
    )


def _about_message(origin: Origin) -> Json:
    """Link to the message that the form is about; say if the subject has only its beginning."""
    name = channel_name(origin.slack_channel_id)
    where = f" in {name}" if name else ""
    about = f":speech_balloon: About {link(origin.message_link, 'a message')}{where}."
    if origin.shortened:
        about += f" Only its first {SUBJECT_LIMIT} characters fit in the subject."
    return context(mrkdwn(about), block_id=ids.ABOUT_MESSAGE)


def assignee_kind(view: View) -> str:
    """Read whether the assignee select offers people or agents.

    A `block_suggestion` carries the blocks that the bot drew last, but its state is empty or older
    (https://github.com/slackapi/bolt-js/issues/660 and 1146). So the blocks come first: choosing
    an assignee type redraws the form, and the blocks then have it.
    """
    return form_of(view).values.assignee_type or values_of(view).assignee_type


def slack_channel_of(view: View) -> str:
    """Return the channel that the form was opened from, else the one that its card goes to."""
    form = form_of(view)
    return form.origin.slack_channel_id or form.values.post_to or values_of(view).post_to
