"""The form: opened, completed when it is open, changed by what is chosen in it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from bot.access.audience import Audience, ChannelReaders
from bot.directory import LIST_WITHIN, Directory, learn_customer
from bot.form.context import EMPTY_CONTEXT, FormContext
from bot.form.defaults import ChannelDefaults, ChosenDefaults, defaults_modal
from bot.form.duplicates import Listing
from bot.form.from_message import NO_MENTIONS, Mentions
from bot.form.options import customer_in, customer_label
from bot.form.prefill import PREFILL_WITHIN, Draft, Prefiller
from bot.form.reply import expired_message, reopen_message
from bot.form.review import Reviewer
from bot.form.stored import StoredForm
from bot.form.suggestions import OptionQuery, Suggester
from bot.form.update import (
    Late,
    View,
    ViewUpdates,
    noted,
    prefilled,
    with_assignee_of,
    with_conversations,
    with_late,
)
from bot.form.values import FilledForm, FormValues, values_of
from bot.form.view import conversation_modal
from bot.ledger import KnownCustomer, KnownCustomers, Ledger, LedgerUnavailable, WeavUser
from bot.logs import get_logger
from bot.slack import ids
from bot.slack.api import TRIGGER_GONE, Done, Failed, SlackApi
from bot.slack.message import Message, plain_message
from bot.slack.notify import tell_privately
from bot.slack.options import Suggestion
from bot.tasks import Tasks
from bot.weav.client import WeavClient
from bot.weav.directory import NewCustomer
from bot.weav.models import AssigneeType

LetIn = Callable[[], Awaitable[bool]]


async def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether they may see what is known here and in Weav.

    `known`: what was learnt of them before says so. `let_in`: when there is time to ask Slack.
    """

    known: Callable[[], bool]
    let_in: LetIn


ADMITTED: Final = Admission(lambda: True, _always)


class FormUpdater:
    def __init__(
        self,
        slack: SlackApi,
        listing: Listing,
        directory: Directory,
        prefiller: Prefiller,
        memory: KnownCustomers,
    ) -> None:
        self._view_updates = ViewUpdates(slack)
        self._listing = listing
        self._directory = directory
        self._prefiller = prefiller
        self._memory = memory

    async def opened(
        self, view: View, untold: Awaitable[Draft | None], asked: Awaitable[Audience]
    ) -> None:
        """Add to a new form what its opening did not wait for, all in one drawing.

        `untold`: what its user may see, and it does not show. `asked`: who reads the channel that
        its card goes to.
        """
        stand = {
            field: self._view_updates.chosen(view, field)
            for field in (ids.CUSTOMER_ID, ids.ASSIGNEE_TYPE, ids.ASSIGNEE_ID, ids.POST_TO)
        }
        late, readers = await asyncio.gather(self._for_user(untold), asked)

        def draw(seen: View) -> dict[str, Any] | None:
            standing = [field for field, stands in stand.items() if stands()]
            return with_late(seen, late, readers, standing)

        await self._view_updates.redraw(view, draw)

    async def assignee_type(self, view: View) -> None:
        stands = self._view_updates.chosen(view, ids.ASSIGNEE_TYPE)
        values = values_of(view)
        kind = values.assignee_type
        label = ""
        try:
            async with asyncio.timeout(LIST_WITHIN):
                label = (await self._prefiller.labels(values)).get(ids.ASSIGNEE_ID, "")
        except (LedgerUnavailable, TimeoutError):
            pass  # the ID will do
        if kind == AssigneeType.AGENT:
            self._directory.start_agents()

        def draw(seen: View) -> dict[str, Any] | None:
            return with_assignee_of(seen, kind, values.assignee_id, label) if stands() else None

        await self._view_updates.redraw(view, draw)

    async def assignee(self, view: View) -> None:
        """Draw nothing for it, but know of it: the next drawing carries it along."""
        self._view_updates.chosen(view, ids.ASSIGNEE_ID)
        await self._view_updates.restore(view)

    async def customer(self, view: View) -> None:
        """Show what they have open, if Weav tells soon; learn their name for the next time."""
        stands = self._view_updates.chosen(view, ids.CUSTOMER_ID)
        await self._view_updates.restore(view)
        customer = _known_to_weav(values_of(view))
        several = await self._listing.of(customer) if customer else []
        await self._view_updates.redraw(
            view, lambda seen: with_conversations(seen, several) if stands() else None
        )
        if customer:
            await self._learn_customer(str(customer))

    async def readers(self, view: View, asked: Awaitable[Audience]) -> None:
        """Say below `post_to` who reads the chosen channel, if it is not our people alone."""
        stands = self._view_updates.chosen(view, ids.POST_TO)
        readers = await asked
        await self._view_updates.redraw(
            view, lambda seen: noted(seen, readers) if stands() else None
        )

    def submitted(self, view: View) -> None:
        """Draw nothing over what the submission is answered with."""
        self._view_updates.submitted(view)

    async def _for_user(self, untold: Awaitable[Draft | None]) -> Late:
        """Find what the customer has open, and who they are if the form could not name them."""
        draft = await untold
        if draft is None:
            return Late()
        values, around = draft.form.values, draft.around
        customer = _known_to_weav(values)
        if not customer:
            return Late(values, around)
        listing, meeting = self._listing.of(customer), self._learn_customer(str(customer))
        several, met = await asyncio.gather(listing, meeting)
        named = customer_label(met.id, met.name, met.email) if met else ""
        return Late(values, around, several, named or around.labels.get(ids.CUSTOMER_ID, ""))

    async def _learn_customer(self, customer_id: str) -> KnownCustomer | None:
        return await learn_customer(self._memory, self._directory, customer_id, LIST_WITHIN)


def _known_to_weav(values: FormValues) -> UUID | None:
    customer = customer_in(values.customer_id)
    return None if isinstance(customer, NewCustomer) else customer


log = get_logger("weav_slack.service")
DATABASE_DOWN: Final = (
    "The bot's database does not answer, so nothing was changed. Try again in a moment."
)
SAVE_WITHIN: Final = 2.0


class FormService:
    def __init__(
        self,
        ledger: Ledger,
        weav: WeavClient,
        directory: Directory,
        slack: SlackApi,
        channel_readers: ChannelReaders,
        tasks: Tasks,
        defaults: ChannelDefaults,
        link: Callable[[str], str | None],
    ) -> None:
        self._memory = ledger.memory
        self._slack = slack
        self._channel_readers = channel_readers
        self._tasks = tasks
        self._defaults = defaults
        self._suggester = Suggester(ledger.memory, directory, tasks)
        self._prefiller = Prefiller(ledger, directory, defaults, link)
        self.reviewer = Reviewer(ledger, directory, self._prefiller)
        listing = Listing(weav, link)
        self._form_updater = FormUpdater(slack, listing, directory, self._prefiller, ledger.memory)

    async def prepare(self, draft: Draft, *, known: bool) -> Draft:
        """Leave out for whom the guard does not know what would name others to them."""
        draft = self._prefiller.begin(draft)
        return await self._prefiller.recall(draft) if known else draft

    async def offer_customers(self, asking: OptionQuery) -> list[Suggestion]:
        """Answer within a second after Slack has asked."""
        return await self._suggester.customers(asking)

    async def offer_assignees(self, kind: str, asking: OptionQuery) -> list[Suggestion]:
        """Answer within a second after Slack has asked."""
        return await self._suggester.assignees(kind, asking)

    def take_customer(self, view: Mapping[str, Any]) -> None:
        self._tasks.spawn(self._form_updater.customer(view), name="take_customer")
        self._note_prefilled(view)

    def take_assignee_type(self, view: Mapping[str, Any]) -> None:
        self._tasks.spawn(self._form_updater.assignee_type(view), name="take_assignee_type")
        self._note_prefilled(view)

    def take_assignee(self, view: Mapping[str, Any]) -> None:
        self._tasks.spawn(self._form_updater.assignee(view), name="take_assignee")

    def take_submission(self, view: Mapping[str, Any]) -> None:
        self._form_updater.submitted(view)

    async def complete(self, view: Mapping[str, Any], draft: Draft, let_in: LetIn) -> None:
        """Add to a form that has just opened what nobody waited for."""
        post_to = draft.form.values.post_to or draft.form.origin.slack_channel_id
        asked = self._channel_readers.of_new_form(post_to)
        await self._form_updater.opened(view, self._untold(draft, let_in), asked)

    async def _untold(self, draft: Draft, let_in: LetIn) -> Draft | None:
        """Give what the form does not show yet; None: nothing, or nothing to them."""
        if draft.recalled and not draft.form.values.customer_id:
            return None
        if not await let_in():
            return None
        if draft.recalled:
            return replace(draft, around=EMPTY_CONTEXT)
        return await self._prefiller.recall(draft)

    def note_readers(self, view: Mapping[str, Any], slack_channel_id: str) -> None:
        """Say in an open form who reads the chosen channel, if it is not our people alone."""
        asked = self._channel_readers.of_form(slack_channel_id)
        self._tasks.spawn(self._form_updater.readers(view, asked), name="note_readers")

    async def be(self, slack_user_id: str, weav_user_id: str, name: str) -> Message:
        """Answer `me UUID`; others will find them by this name."""
        user = WeavUser(slack_user_id, weav_user_id, name)
        try:
            async with asyncio.timeout(SAVE_WITHIN):
                await self._memory.tell_user(user)
        except (LedgerUnavailable, TimeoutError) as error:
            log.warning("user_not_kept", error=str(error))
            return plain_message(DATABASE_DOWN)
        return plain_message(
            f"From now on you are {weav_user_id} in Weav: the form offers you as assignee."
            " Weav's API cannot confirm that it is you; if it is not, send the command again with"
            " the right ID."
        )

    async def open_defaults(self, trigger_id: str, slack_channel_id: str) -> Message | None:
        """Open the defaults of a channel; a message when they could not be opened."""
        try:
            async with asyncio.timeout(PREFILL_WITHIN):
                defaults = await self._memory.defaults(slack_channel_id)
                values = FormValues.model_validate(defaults.chosen)
                around = FormContext(labels=await self._prefiller.labels(values))
        except (LedgerUnavailable, TimeoutError):
            return plain_message(DATABASE_DOWN)
        modal = defaults_modal(defaults.chosen, slack_channel_id, around)
        result = await self._slack.open_view(trigger_id, modal)
        if not isinstance(result, Failed):
            return None
        log.warning("defaults_not_opened", code=result.code)
        if result.code in TRIGGER_GONE:
            return plain_message("Slack took too long to open the form. Send the command again.")
        return plain_message(f"Slack did not open the form ({result.code}). Try again.")

    async def save_defaults(self, chosen: ChosenDefaults) -> str:
        """Return what went wrong, empty when it is saved."""
        try:
            async with asyncio.timeout(SAVE_WITHIN):
                await self._defaults.choose(chosen)
        except (LedgerUnavailable, TimeoutError) as error:
            log.warning("defaults_not_kept", error=str(error))
            return DATABASE_DOWN
        return ""

    def _note_prefilled(self, view: Mapping[str, Any]) -> None:
        if slack_channel_id := prefilled(view):
            self.note_readers(view, slack_channel_id)


NOT_READ = "The bot's database does not answer, so the form cannot be opened now. Try again soon."
NOT_KEPT = "The bot no longer has what you typed, so it cannot open that form again."


@dataclass(frozen=True, slots=True)
class FormRequest:
    """`response_url` is empty for the global shortcut, which has none.

    `new`: not a form that comes back, so that defaults and what a message names may fill it in.
    `admission`: the guard lets a form open before it knows its user, and says so afterwards.
    """

    trigger_id: str
    form: FilledForm
    slack_user_id: str
    response_url: str = ""
    new: bool = False
    mentions: Mentions = NO_MENTIONS
    admission: Admission = ADMITTED


async def open_form(slack: SlackApi, forms: FormService, form_request: FormRequest) -> None:
    """Call views.open before anything but our database: the trigger lives for 3 s."""
    draft = Draft(form_request.form, form_request.new, form_request.mentions)
    draft = await forms.prepare(draft, known=form_request.admission.known())
    form = draft.form
    modal = conversation_modal(form.values, form.origin, around=draft.around)
    result = await slack.open_view(form_request.trigger_id, modal)
    if isinstance(result, Done):
        await forms.complete(result.view, draft, form_request.admission.let_in)
        return
    log.warning("form_not_opened", code=result.code)
    if result.code in TRIGGER_GONE:
        message = expired_message(form)
    else:
        message = reopen_message(f"Slack did not open the form ({result.code}).", form)
    await tell_privately(slack, message, form_request.slack_user_id, form_request.response_url)


async def open_kept(
    ledger: Ledger, slack: SlackApi, forms: FormService, entry_id: int, form_request: FormRequest
) -> None:
    """Open what the ledger keeps of a submission, for its author alone."""
    try:
        entry = await ledger.get(entry_id)
    except LedgerUnavailable as error:
        log.warning("form_not_read", entry=entry_id, error=str(error))
        why = NOT_READ
    else:
        if entry and entry.form is not None and entry.slack_user_id == form_request.slack_user_id:
            form = StoredForm.read(entry.form).filled_form.at_origin()
            await open_form(slack, forms, replace(form_request, form=form))
            return
        why = NOT_KEPT
    await tell_privately(
        slack, plain_message(why), form_request.slack_user_id, form_request.response_url
    )


async def open_defaults(slack: SlackApi, forms: FormService, form_request: FormRequest) -> None:
    slack_channel_id = form_request.form.origin.slack_channel_id
    if message := await forms.open_defaults(form_request.trigger_id, slack_channel_id):
        await tell_privately(slack, message, form_request.slack_user_id, form_request.response_url)
