"""Open forms, complete them once open, and update them when users choose something."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias
from uuid import UUID

from bot.access.audience import ChannelAudiences
from bot.directory import LIST_WITHIN, Directory, learn_customer
from bot.form.defaults import ChannelDefaults, ChosenDefaults
from bot.form.duplicates import OpenConversations, open_conversations_block
from bot.form.form import Form
from bot.form.from_message import NO_MENTIONS, Mentions
from bot.form.open_forms import OpenForms, ViewJson
from bot.form.options import customer_label
from bot.form.prefill import PREFILL_WITHIN, Prefiller
from bot.form.reply import FORM_EXPIRED, reopen_message
from bot.form.review import Reviewer
from bot.form.suggestions import Suggester
from bot.form.values import FilledForm, FormValues, Origin, existing_customer_id, values_of
from bot.form.view import render
from bot.ledger import (
    KnownCustomer,
    Ledger,
    LedgerUnavailable,
    WeavUser,
    answer_within,
    logged_if_unavailable,
    read_within,
)
from bot.logs import get_logger
from bot.slack import ids
from bot.slack.api import TRIGGER_GONE, Failed, SlackApi
from bot.slack.blocks import Json, Message, plain_message
from bot.slack.notifier import tell_privately
from bot.slack.payloads import (
    BlockActions,
    GlobalShortcut,
    MessageShortcut,
    SlashCommand,
    read_view,
    text_at,
)
from bot.tasks import Tasks
from bot.weav.client import WeavClient
from bot.weav.models import AssigneeType

log = get_logger("weav_slack.form")
MAYBE_NOT_SAVED: Final = (
    "Try again soon. The bot's database does not answer, so your change may not have been saved."
)
FORM_UNAVAILABLE: Final = (
    "Try again soon: the bot's database does not answer, so the form cannot be opened now."
)
FORM_GONE: Final = "Open a new form: the bot no longer has what you typed in the old one."
SAVE_WITHIN: Final = 2.0
IsCurrent = Callable[[], bool]
# The payloads that can open a form.
Interaction: TypeAlias = SlashCommand | MessageShortcut | GlobalShortcut | BlockActions


@dataclass(frozen=True, slots=True)
class FormRequest:
    """`form` is to be opened for the user of `interaction`.

    `new`: the form was not given back, so the channel's defaults apply. `identified`: Slack has
    said who opens it. To anybody else the form shows what they typed, the channel's defaults and
    who reads that channel, but no names.
    """

    interaction: Interaction
    form: FilledForm
    new: bool = False
    mentions: Mentions = NO_MENTIONS
    identified: bool = True


class FormService:
    def __init__(
        self,
        ledger: Ledger,
        weav: WeavClient,
        directory: Directory,
        slack: SlackApi,
        channel_audiences: ChannelAudiences,
        tasks: Tasks,
        link: Callable[[str], str],
    ) -> None:
        self._ledger = ledger
        self._customers = ledger.customers
        self._directory = directory
        self._slack = slack
        self._channel_audiences = channel_audiences
        self._tasks = tasks
        self.defaults = ChannelDefaults(ledger.customers)
        self._prefiller = Prefiller(ledger, directory, self.defaults, link)
        self.suggestions = Suggester(ledger.customers, directory, tasks)
        self.reviewer = Reviewer(ledger, directory, self._prefiller)
        self._open_conversations = OpenConversations(weav, link)
        self.open_forms = OpenForms(slack)

    async def open(self, form_request: FormRequest) -> None:
        """Wait for nothing but our database before views.open: the trigger expires after 3 s."""
        form = self._prefiller.draft(form_request.form, new=form_request.new)
        if form_request.identified:
            form = await self._prefiller.add_known(form, form_request.mentions)
        interaction = form_request.interaction
        result = await self._slack.open_view(interaction.trigger_id, render(form, opening=True))
        if not isinstance(result, Failed):
            await self._complete(form, result.view, identified=form_request.identified)
            return
        log.warning("form_not_opened", code=result.code)
        filled = FilledForm(form.values, form.origin)
        failed = f"Slack did not open the form ({result.code})."
        text = FORM_EXPIRED if result.code in TRIGGER_GONE else failed
        await self._tell(reopen_message(text, filled), interaction)

    async def open_stored(self, entry_id: int, form_request: FormRequest) -> None:
        """Open the ledger's form for its author; the form in the request is ignored."""
        interaction = form_request.interaction
        try:
            entry = await self._ledger.get(entry_id)
        except LedgerUnavailable as error:
            log.warning("form_not_read", entry=entry_id, error=str(error))
            await self._tell(plain_message(FORM_UNAVAILABLE), interaction)
            return
        if entry and entry.form is not None and entry.slack_user_id == interaction.slack_user_id:
            form = FilledForm.load(entry.form).with_default_post_to().replacing(entry_id)
            if not form_request.identified:
                form = replace(form, labels={})  # they name a customer and an assignee
            await self.open(replace(form_request, form=form))
        else:
            await self._tell(plain_message(FORM_GONE), interaction)

    async def _complete(self, opened: Form, view: ViewJson, *, identified: bool) -> None:
        """Add in one redraw what `open` did not wait for: Weav's answer and the audience."""
        untouched_fields = self.open_forms.opened(view, opened)
        customer = existing_customer_id(opened.values.customer_id) if identified else None
        slack_channel_id = opened.values.post_to or opened.origin.slack_channel_id
        looking = self._channel_audiences.of_new_form(slack_channel_id)
        if customer:
            about, audience = await asyncio.gather(self._customer_block(customer), looking)
        else:
            about, audience = None, await looking
        if about is None and opened.with_audience(audience) == opened:
            return

        def complete(now: Form) -> Form | None:
            fields = untouched_fields()
            if about and existing_customer_id(now.values.customer_id) == customer:
                now = now.with_blocks({ids.OPEN_CONVERSATIONS: about})
            if ids.POST_TO in fields and now.values.post_to in {"", slack_channel_id}:
                now = now.with_audience(audience)
            return now if fields else None  # none: the form is submitted

        await self.open_forms.redraw(view, complete)

    async def _customer_block(self, customer: UUID) -> Json | None:
        """Draw the customer's name and open conversations; None if there is neither."""
        open_conversations, learned = await asyncio.gather(
            self._open_conversations.of(customer), self._learn_customer(customer)
        )
        if not (open_conversations or learned):
            return None
        name = customer_label(learned) if learned else ""
        return open_conversations_block(open_conversations, name)

    def field_chosen(self, field: str, view: ViewJson) -> None:
        """Update an open form after a choice in it."""
        is_current = self.open_forms.chosen(view, field)
        match field:
            case ids.CUSTOMER_ID:
                update = self._customer_chosen(view, is_current)
            case ids.ASSIGNEE_TYPE:
                update = self._assignee_type_chosen(view, is_current)
            case ids.ASSIGNEE_ID:
                # Nothing else changes; the choice is recorded for the next redraw.
                update = self._redraw_choice(view, is_current)
            case _:
                post_to = values_of(read_view(view)).post_to
                update = self._show_audience(view, post_to, is_current)
        self._tasks.spawn(update, name=f"{field}_chosen")
        if field in {ids.CUSTOMER_ID, ids.ASSIGNEE_TYPE} and (post_to := _filled_in_by_slack(view)):
            is_current = self.open_forms.chosen(view, ids.POST_TO)
            self._tasks.spawn(self._show_audience(view, post_to, is_current), name="show_audience")

    async def _redraw_choice(self, view: ViewJson, is_current: IsCurrent) -> None:
        """Redraw the choice if a redraw in flight has put the earlier one back."""
        await self.open_forms.redraw(view, lambda form: form if is_current() else None)

    async def _customer_chosen(self, view: ViewJson, is_current: IsCurrent) -> None:
        """Show the customer's open conversations; store their name for later suggestions."""
        await self._redraw_choice(view, is_current)
        chosen = values_of(read_view(view)).customer_id
        customer = existing_customer_id(chosen)
        open_conversations = await self._open_conversations.of(customer) if customer else []

        def change(form: Form) -> Form | None:
            # The latest choice may have gone to another replica.
            if not is_current() or form.values.customer_id != chosen:
                return None
            if not open_conversations:
                return form.without_block(ids.OPEN_CONVERSATIONS)
            block = open_conversations_block(open_conversations)
            return form.with_blocks({ids.OPEN_CONVERSATIONS: block})

        await self.open_forms.redraw(view, change)
        if customer:
            await self._learn_customer(customer)

    async def _assignee_type_chosen(self, view: ViewJson, is_current: IsCurrent) -> None:
        """Draw the select for people or agents, with the name for an ID typed before."""
        values = values_of(read_view(view))
        # Without an answer the select shows the ID.
        labels = await read_within(LIST_WITHIN, self._prefiller.labels(values)) or {}
        if values.assignee_type == AssigneeType.AGENT:
            self._directory.start_agents()
        labels = {name: label for name, label in labels.items() if name == ids.ASSIGNEE_ID}

        def change(form: Form) -> Form | None:
            if not is_current():
                return None
            # Slack keeps a choice made for the other type; submitting it is refused.
            found = ids.ASSIGNEE_ID in form.options
            retyped = form.values.assignee_id != values.assignee_id
            return form if found or retyped else form.with_labels(labels)

        await self.open_forms.redraw(view, change)

    async def _show_audience(
        self, view: ViewJson, slack_channel_id: str, is_current: IsCurrent
    ) -> None:
        """Say below `post_to` who reads the chosen channel, if that matters."""
        audience = await self._channel_audiences.of_form(slack_channel_id)

        def change(form: Form) -> Form | None:
            relevant = is_current() and form.values.post_to == slack_channel_id
            return form.with_audience(audience) if relevant else None

        await self.open_forms.redraw(view, change)

    async def _learn_customer(self, customer: UUID) -> KnownCustomer | None:
        return await learn_customer(self._customers, self._directory, str(customer))

    async def link_weav_user(self, user: WeavUser) -> str:
        """Carry out `me UUID`: store who the user is in Weav; others find them by name."""
        if not await _saved(self._customers.save_user(user), "user_not_kept"):
            return MAYBE_NOT_SAVED
        return (
            f"From now on you are {user.weav_user_id} in Weav, and the form offers you as assignee."
            " If that is not you, send the command again with the right ID: Weav's API cannot"
            " confirm it."
        )

    async def open_defaults(self, interaction: SlashCommand) -> None:
        """Open the modal for the defaults of the command's channel."""
        form = await read_within(PREFILL_WITHIN, self._defaults_form(interaction.channel_id))
        if form is None:
            await self._tell(plain_message(FORM_UNAVAILABLE), interaction)
            return
        result = await self._slack.open_view(interaction.trigger_id, render(form))
        if not isinstance(result, Failed):
            self.open_forms.opened(result.view, form)
            return
        log.warning("defaults_not_opened", code=result.code)
        if result.code in TRIGGER_GONE:
            text = "Send the command again. Slack took too long to open the form."
        else:
            text = f"Try again. Slack did not open the form ({result.code})."
        await self._tell(plain_message(text), interaction)

    async def _defaults_form(self, slack_channel_id: str) -> Form:
        defaults = await self._customers.defaults(slack_channel_id)
        values = FormValues.model_validate(defaults.chosen)
        origin = Origin(via="command", slack_channel_id=slack_channel_id)
        labels = await self._prefiller.labels(values)
        return Form(values, origin, for_defaults=True).with_labels(labels)

    async def _tell(self, message: Message, to: Interaction) -> None:
        await tell_privately(self._slack, message, to.slack_user_id, to.response_url)

    async def save_defaults(self, chosen: ChosenDefaults) -> str:
        """Return what went wrong; empty if they are saved."""
        saved = await _saved(self.defaults.choose(chosen), "defaults_not_kept")
        return "" if saved else MAYBE_NOT_SAVED


async def _saved(writing: Awaitable[None], event: str) -> bool:
    """Return False after a failure or `SAVE_WITHIN`: then it may be written or not."""
    with logged_if_unavailable(log, event):
        async with answer_within(SAVE_WITHIN):
            await writing
        return True
    return False


def _filled_in_by_slack(view: ViewJson) -> str:
    """Return the `post_to` that Slack itself may have filled in; empty if the form has an origin.

    A global shortcut comes from no channel, so Slack fills in the one that the user has open. No
    action reports that, but the state of any later choice has it.
    """
    from_somewhere = Origin.load(text_at(view, "private_metadata")).slack_channel_id
    return "" if from_somewhere else values_of(read_view(view)).post_to
