"""The command `digest`, with a transport that takes every message, counts its bytes and keeps nothing.

    COUNTED_MESSAGES=FILE python -m benchmarks.common.counted_digest deliver

Each connection adds a line `messages bytes` to FILE when it closes. Worker processes that are forked
count as well; one that is started anew would try the mail server of the settings, and fail.
"""

import os
from pathlib import Path
from typing import Self

from digest.garbage_collection import collect_rarely

collect_rarely()  # before the other imports, as the command does

from digest import cli  # noqa: E402
from digest.app import transports  # noqa: E402
from digest.config.settings.loader import Settings  # noqa: E402
from digest.core.models.delivery import Envelope, Outcome, Sent  # noqa: E402

COUNTS_VARIABLE = "COUNTED_MESSAGES"
_TAKEN = Sent(reply="250 counted")


class CountingTransport:
    """Takes every message."""

    def __enter__(self) -> Self:
        self._messages = self._bytes = 0
        return self

    def __exit__(self, *exc: object) -> None:
        with Path(os.environ[COUNTS_VARIABLE]).open("a", encoding="ascii") as file:
            file.write(f"{self._messages} {self._bytes}\n")

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        """Counts the message."""
        del sender, recipient, following
        self._messages += 1
        self._bytes += len(message)
        return _TAKEN


def counted(file: Path) -> tuple[int, int]:
    """The messages and bytes that were counted."""
    lines = [line.split() for line in file.read_text(encoding="ascii").splitlines()]
    return sum(int(line[0]) for line in lines), sum(int(line[1]) for line in lines)


def open_counting(settings: Settings) -> CountingTransport:
    """Opens the transport, whatever the settings choose."""
    del settings
    return CountingTransport()


if __name__ == "__main__":
    transports.open_transport = open_counting
    cli.main()
