"""The buttons in the bot's messages and modals, in the home tab and on cards."""

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.card.controls import parse_click
from bot.card.service import CardService
from bot.form.service import FormRequest, FormService
from bot.form.values import FilledForm, Origin
from bot.home.service import HomeService
from bot.slack import ids
from bot.slack.notifier import Notifier
from bot.slack.payloads import BlockActions
from bot.submissions.announcer import ReplyTarget
from bot.submissions.service import SubmissionService
from bot.submissions.unconfirmed_choices import Choice

CHOICES = {
    ids.LOOK_AGAIN: Choice.LOOK_AGAIN,
    ids.CREATE_AGAIN: Choice.CREATE_AGAIN,
    ids.LEAVE: Choice.LEAVE,
}
MOST_DIGITS = 19  # of PostgreSQL's bigint
CARD_NOT_READABLE = (
    "Change the conversation in Weav: the bot can no longer read this card. The card may be from"
    " another version of the bot."
)


async def reopen_form(
    ack: AsyncAck,
    interaction: BlockActions,
    forms: FormService,
    home: HomeService,
    identified: bool,  # noqa: FBT001 - Bolt gives it by name
) -> None:
    """The button's value is the form, or the ID of its row in a list, or empty for a new form."""
    await ack()
    new = interaction.in_home_tab and not interaction.clicked.value
    empty = FilledForm(origin=Origin(in_home_tab=True))
    form = empty if new else FilledForm.from_button(interaction.clicked.value)
    form_request = FormRequest(
        interaction, form.with_default_post_to(), new=new, identified=identified
    )
    if entry_id := _entry_id(interaction):
        await forms.open_stored(entry_id, form_request)
    else:
        await forms.open(form_request)
    if interaction.in_home_tab and identified:
        home.clicked(interaction.slack_user_id)


async def decide(ack: AsyncAck, interaction: BlockActions, submissions: SubmissionService) -> None:
    target = ReplyTarget(
        slack_user_id=interaction.slack_user_id,
        view_id=interaction.view.id,
        response_url=interaction.response_url,
        in_home_tab=interaction.in_home_tab,
    )
    choice = CHOICES[interaction.clicked.action_id]
    submissions.decide(choice, _entry_id(interaction), target)
    await ack()


def _entry_id(clicked: BlockActions) -> int:
    """Return 0, which is no row's ID, for any other value."""
    value = clicked.clicked.value
    return int(value) if value.isdecimal() and len(value) < MOST_DIGITS else 0


async def change_card(
    ack: AsyncAck, interaction: BlockActions, cards: CardService, notifier: Notifier
) -> None:
    click = parse_click(interaction)
    if click is None:
        notifier.say(CARD_NOT_READABLE, interaction.slack_user_id, interaction.response_url)
    else:
        cards.change(click)
    await ack()
