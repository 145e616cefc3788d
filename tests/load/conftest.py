from tests.killing.conftest import tell

__all__ = ["tell"]
