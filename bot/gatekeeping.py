"""Who is let in and who may ask for a diagnosis, from the settings."""

from functools import partial
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

from bot.access import members
from bot.access.rules import Access
from bot.check.checks import examine
from bot.check.report import as_message
from bot.metrics import Metrics
from bot.settings import Settings
from bot.slack.cache import LookupCache
from bot.slack.installation import Installation
from bot.slack.message import Message
from bot.submissions.service import Desk
from bot.tasks import Tasks
from handlers.commands import Diagnosis
from handlers.dispatch import AccessCheck


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
    metrics: Metrics,
) -> AccessCheck:
    known = LookupCache(tasks, partial(members.member, client), members.KEEP_MEMBERS)
    return AccessCheck(access_of(settings), installation, known, desk.notifier, metrics)


def diagnosis(settings: Settings, desk: Desk) -> Diagnosis:
    async def examine_it() -> Message:
        return as_message(await examine(settings, Path.cwd()))

    return Diagnosis(settings.slack_admins, examine_it, desk.notifier)
