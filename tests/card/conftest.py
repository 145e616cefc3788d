from tests.ledger.conftest import ledger, place, postgres_database

__all__ = ["ledger", "place", "postgres_database"]
