"""Slack's answers as they come over the wire: not longer than they can be, from where they must be.

The SDK itself reads whatever comes to its end, and follows redirects with what it posts.
"""

from http import HTTPStatus
from typing import Final

import aiohttp
from aiohttp.connector import Connection

# Bytes of an answer that are read, after decompression; a view is 250 kB at most.
ANSWER_LIMIT: Final = 1024 * 1024


class SlackAnswer(aiohttp.ClientResponse):
    """Give it to a session as `response_class`; what is wrong raises an `aiohttp.ClientError`."""

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Raise `ClientResponseError` for a redirect: Slack answers where it is asked."""
        answer = await super().start(connection)
        if HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST:
            raise aiohttp.ClientResponseError(self.request_info, (), status=self.status)
        return answer

    async def read(self) -> bytes:
        """Raise `ClientPayloadError` for more than ANSWER_LIMIT."""
        if self._body is None:
            body = bytearray()
            async for chunk in self.content.iter_any():
                body += chunk
                if len(body) > ANSWER_LIMIT:
                    self.close()
                    raise aiohttp.ClientPayloadError("an answer of more than 1 MiB")
            self._body = bytes(body)
        return await super().read()
