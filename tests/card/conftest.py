from tests.ledger.conftest import ledger, other, place, postgres_database
from tests.ledger.losing import losing

__all__ = ["ledger", "losing", "other", "place", "postgres_database"]
