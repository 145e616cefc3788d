from tests.ledger.conftest import ledger, other, place, postgres_database

__all__ = ["ledger", "other", "place", "postgres_database"]
