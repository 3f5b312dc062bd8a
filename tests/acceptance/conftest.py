"""A home, a mail server, and the sample dumps."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.homes import SAMPLES, DigestHome, Mailbox

from digest.demo.server import mail_server


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    with mail_server(box.take) as port:
        box.port = port
        yield box


@pytest.fixture
def bare_home(tmp_path: Path) -> DigestHome:
    """A home without a mail server."""
    path = tmp_path / "home"
    for name in ("profiles", "dumps"):
        (path / name).mkdir(parents=True)
    (path / "profiles").chmod(0o700)  # as `digest init` makes it
    (path / "sources.toml").write_text(
        '[[sources]]\nname = "dumps"\nkind = "dump"\npath = "dumps"\n', "utf-8"
    )
    return DigestHome(path)


@pytest.fixture
def digest_home(bare_home: DigestHome, mailbox: Mailbox) -> DigestHome:
    """A home whose mail goes to `mailbox`."""
    bare_home.environ = mailbox.environ
    return bare_home


@pytest.fixture
def samples() -> list[Path]:
    """The invented dumps of two days."""
    return sorted(SAMPLES.glob("*.txt"))
