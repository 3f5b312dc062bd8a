"""A folder: each digest is a Markdown file, for a notes program or a static site."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from digest.channels import escaping
from digest.channels.message import ChannelMessage
from digest.channels.parts import Format, divide, utf8_bytes
from digest.core.models.delivery import Deferred, Outcome, Sent

_FORMAT = Format(
    text=escaping.markdown,
    strong=lambda text: f"**{text}**",
    linked=lambda text, url: f"[{text}](<{url}>)",
    size=utf8_bytes,
    limit=10_000_000,
    line="  \n",
)


class FolderChannel:
    """Writes each digest as one file, which appears whole.

    Args:
        folder: exists, and is writable.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def place(self) -> str:
        """The folder."""
        return str(self._folder)

    @property
    def target(self) -> str:
        """The folder."""
        return str(self._folder)

    def parts(self, message: ChannelMessage) -> Sequence[bytes]:
        """Returns the name of the file in the first line, and its text."""
        name = f"{message.day.isoformat()}-{message.edition_id or 'test'}.md"
        return [f"{name}\n{part.text}\n".encode() for part in divide(message, _FORMAT)]

    def send(self, part: bytes, *, key: str, now: datetime) -> Outcome:
        """Writes the file; a second attempt replaces the same file."""
        del key, now
        name, _, text = part.partition(b"\n")
        file = self._folder / name.decode()
        new = file.with_name(f".{file.name}.new")
        try:
            with new.open("wb") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            new.replace(file)
        except OSError as error:
            return Deferred(reason=f"folder: {file}: {error.strerror}; {self._advice()}")
        return Sent(reply=f"folder: {file.name}")

    def problem(self) -> str:
        """Returns what is wrong with the folder; empty if nothing is."""
        if not self._folder.is_dir():
            return f"{self._folder} is no folder; {self._advice()}"
        if not os.access(self._folder, os.W_OK | os.X_OK):
            return f"{self._folder} cannot be written; {self._advice()}"
        return ""

    def ask(self, *, now: datetime) -> str:
        """Returns the same as `problem`: there is nobody to ask."""
        del now
        return self.problem()

    def _advice(self) -> str:
        return f"make it, and let the program write there: {self._folder}"
