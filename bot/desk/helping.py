"""The form's own questions: whom to offer, what to begin with, what a choice changes."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from bot.desk.admission import LetIn
from bot.desk.channel_defaults import ChannelDefaults
from bot.desk.choosing import Chooser
from bot.desk.finding import Finder
from bot.desk.listing import Listing
from bot.desk.outsiders import Outsiders
from bot.desk.preparing import WITHIN, Draft, Preparer
from bot.desk.reviewing import Reviewer
from bot.desk.suggesting import Asking, Suggester
from bot.ledger import Ledger, LedgerUnavailable, WeavUser
from bot.logs import get_logger
from bot.slack.around import NOTHING_KNOWN, Around
from bot.slack.cards import Card
from bot.slack.choices import plain_message
from bot.slack.defaults import ChosenDefaults, defaults_modal
from bot.slack.gateway import TRIGGER_GONE, Failed, SlackGateway
from bot.slack.offers import Offer
from bot.slack.shared_note import prefilled
from bot.slack.values import FormValues
from bot.tasks import Tasks
from bot.weav.client import WeavClient

log = get_logger("weav_slack.helping")

NOT_NOW: Final = (
    "The bot's database does not answer, so nothing was changed. Try again in a moment."
)
SAVE_WITHIN: Final = 2.0


class FormHelp:
    def __init__(
        self,
        ledger: Ledger,
        weav: WeavClient,
        finder: Finder,
        slack: SlackGateway,
        outsiders: Outsiders,
        tasks: Tasks,
        defaults: ChannelDefaults,
        link: Callable[[str], str | None],
    ) -> None:
        self._memory = ledger.memory
        self._slack = slack
        self._outsiders = outsiders
        self._tasks = tasks
        self._defaults = defaults
        self._suggester = Suggester(ledger.memory, finder, tasks)
        self._preparer = Preparer(ledger, finder, defaults, link)
        self.reviewer = Reviewer(ledger, finder, self._preparer)
        listing = Listing(weav, link)
        self._chooser = Chooser(slack, listing, finder, self._preparer, ledger.memory)

    async def prepare(self, draft: Draft, *, known: bool) -> Draft:
        """Leave out for whom the guard does not know what would name others to them."""
        draft = self._preparer.begin(draft)
        return await self._preparer.recall(draft) if known else draft

    async def offer_customers(self, asking: Asking) -> list[Offer]:
        """Answer within a second after Slack has asked."""
        return await self._suggester.customers(asking)

    async def offer_assignees(self, kind: str, asking: Asking) -> list[Offer]:
        """Answer within a second after Slack has asked."""
        return await self._suggester.assignees(kind, asking)

    def take_customer(self, view: Mapping[str, Any]) -> None:
        self._tasks.spawn(self._chooser.customer(view), name="take_customer")
        self._note_prefilled(view)

    def take_assignee_type(self, view: Mapping[str, Any]) -> None:
        self._tasks.spawn(self._chooser.assignee_type(view), name="take_assignee_type")
        self._note_prefilled(view)

    def take_assignee(self, view: Mapping[str, Any]) -> None:
        self._tasks.spawn(self._chooser.assignee(view), name="take_assignee")

    def take_submission(self, view: Mapping[str, Any]) -> None:
        self._chooser.submitted(view)

    async def complete(self, view: Mapping[str, Any], draft: Draft, let_in: LetIn) -> None:
        """Add to a form that has just opened what nobody waited for."""
        post_to = draft.form.values.post_to or draft.form.origin.slack_channel_id
        asked = self._outsiders.of_new_form(post_to)
        await self._chooser.opened(view, self._untold(draft, let_in), asked)

    async def _untold(self, draft: Draft, let_in: LetIn) -> Draft | None:
        """Give what the form does not show yet; None: nothing, or nothing to them."""
        if draft.recalled and not draft.form.values.customer_id:
            return None
        if not await let_in():
            return None
        if draft.recalled:
            return replace(draft, around=NOTHING_KNOWN)
        return await self._preparer.recall(draft)

    def note_readers(self, view: Mapping[str, Any], slack_channel_id: str) -> None:
        """Say in an open form who reads the chosen channel, if it is not our people alone."""
        asked = self._outsiders.of_form(slack_channel_id)
        self._tasks.spawn(self._chooser.readers(view, asked), name="note_readers")

    async def be(self, slack_user_id: str, weav_user_id: str, name: str) -> Card:
        """Answer `me UUID`; others will find them by this name."""
        user = WeavUser(slack_user_id, weav_user_id, name)
        try:
            async with asyncio.timeout(SAVE_WITHIN):
                await self._memory.tell_user(user)
        except (LedgerUnavailable, TimeoutError) as error:
            log.warning("user_not_kept", error=str(error))
            return plain_message(NOT_NOW)
        return plain_message(
            f"From now on you are {weav_user_id} in Weav: the form offers you as assignee."
            " Weav's API cannot confirm that it is you; if it is not, send the command again with"
            " the right ID."
        )

    async def open_defaults(self, trigger_id: str, slack_channel_id: str) -> Card | None:
        """Open the defaults of a channel; a message when they could not be opened."""
        try:
            async with asyncio.timeout(WITHIN):
                defaults = await self._memory.defaults(slack_channel_id)
                values = FormValues.model_validate(defaults.chosen)
                around = Around(labels=await self._preparer.labels(values))
        except (LedgerUnavailable, TimeoutError):
            return plain_message(NOT_NOW)
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
            return NOT_NOW
        return ""

    def _note_prefilled(self, view: Mapping[str, Any]) -> None:
        if slack_channel_id := prefilled(view):
            self.note_readers(view, slack_channel_id)
