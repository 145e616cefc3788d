"""Who is let in and who may ask for a diagnosis, from the settings."""

from functools import partial
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

from bot.checking import as_message, examine
from bot.desk import Desk
from bot.figures import Figures
from bot.settings import Settings
from bot.slack import people
from bot.slack.access import Access
from bot.slack.cards import Card
from bot.slack.installation import Installation
from bot.slack.lookups import Lookups
from bot.tasks import Tasks
from handlers.diagnosis import Diagnosis
from handlers.guard import Guard


def access_of(settings: Settings) -> Access:
    return Access(
        channels=settings.slack_allowed_channels,
        users=settings.slack_allowed_users,
        denied=settings.slack_denied_users,
        teams=settings.slack_allowed_teams,
        admins=settings.slack_admins,
        guests=settings.slack_allow_guests,
        external=settings.slack_allow_external,
    )


def guard(
    settings: Settings,
    client: AsyncWebClient,
    installation: Installation,
    desk: Desk,
    tasks: Tasks,
    figures: Figures,
) -> Guard:
    members = Lookups(tasks, partial(people.member, client), people.KEEP)
    return Guard(access_of(settings), installation, members, desk.speaker, figures)


def diagnosis(settings: Settings, desk: Desk) -> Diagnosis:
    async def examine_it() -> Card:
        return as_message(await examine(settings, Path.cwd()))

    return Diagnosis(settings.slack_admins, examine_it, desk.speaker)
