from collections.abc import AsyncIterator

import pytest

from tests.weav.served import ServedWeav, served_weav


@pytest.fixture
async def weav() -> AsyncIterator[ServedWeav]:
    async with served_weav() as served:
        yield served
