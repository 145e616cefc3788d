"""Organisations on Enterprise Grid, and what is different there."""

from dataclasses import dataclass

from bot.sandbox.slack.wire import Json


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An organisation and its workspaces.

    `names_teams`: interactions say which workspace somebody is of, any of them if they are in
    several, as in https://github.com/slackapi/bolt-js/issues/1875. Else they name the organisation
    in its place: https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload.
    `installed`: the app's token is the organisation's and not a workspace's, as in
    https://docs.slack.dev/enterprise/organization-ready-apps.
    """

    id: str
    name: str
    team_ids: frozenset[str]
    names_teams: bool = False
    installed: bool = False

    def as_json(self) -> Json:
        """As `enterprise` stands in a payload."""
        return {"id": self.id, "name": self.name}

    def of_team(self) -> Json:
        """What a `team` or a slash command has besides."""
        return {"enterprise_id": self.id, "enterprise_name": self.name}

    def of_user(self, slack_user_id: str, team_id: str) -> Json:
        """What users.info has besides: https://docs.slack.dev/reference/objects/user-object."""
        shown = {"id": slack_user_id, "is_admin": False, "is_owner": False, "teams": [team_id]}
        return {"enterprise_user": shown | self.of_team()}
