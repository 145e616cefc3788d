from hypothesis import settings

from tests.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

# How long an example takes says nothing beside others, on a busy machine: as in hypothesis's own
# profile for CI.
settings.register_profile("patient", settings(), deadline=None)
settings.load_profile("patient")
