"""Numbers from files and servers of any length and any form.

Python refuses to convert a number of more than 4,300 digits with a ValueError that is no error of
the format, databases store 64 bits, and a float of 400 digits is infinite.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from support.builders import NOW

from digest.cli.pipeline.deliver import _numbers
from digest.config.settings.validators import listen_at
from digest.errors import InputError, SettingsError, UsageError
from digest.mail.rendering.wording import Wording
from digest.mail.theming import theme
from digest.mail.theming.template_files import WORDING_FILE
from digest.mail.transports.smtp_probe import _size_limit
from digest.pipeline.profiles.profile_sources import with_email
from digest.sources import jsonl
from digest.sources.daily_papers import markdown_dump
from digest.sources.http.backoff import asked_wait
from digest.sources.library import parse as library
from digest.web.server import open_listener

LONG = "9" * 5_000
NESTED = "[" * 20_000
FILES = [(f"a = {LONG}", "a number is too long"), (f"a = {NESTED}", "nested too deeply")]


@pytest.mark.parametrize("text, problem", FILES)
def test_a_theme_with_it_is_refused_in_words(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "theme.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=f"theme.toml: .*{problem}"):
        theme.read(file)


@pytest.mark.parametrize("text, problem", FILES)
def test_a_wording_with_it_is_refused_in_words(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / WORDING_FILE
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(SettingsError, match=f"text.toml: .*{problem}"):
        Wording.read([tmp_path])


@pytest.mark.parametrize("text", [text for text, _ in FILES])
def test_a_profile_with_it_is_left_to_the_profile_parser(text: str) -> None:
    assert with_email(text, "ada@example.org") == text


def test_a_line_of_json_with_it_is_rejected_alone() -> None:
    data = f'{{"title": "A", "votes": {LONG}}}\n{{"title": "B"}}\n'
    lines, rejected = jsonl.parse(data.encode(), origin="papers.jsonl")
    assert [line.paper.title for line in lines] == ["B"]
    assert [item.reason for item in rejected] == ["not JSON: a number is too long"]


def test_a_reading_list_with_it_is_refused_in_words() -> None:
    with pytest.raises(InputError, match="not JSON: a number is too long"):
        library.parse(f'[{{"title": "A", "volume": {LONG}}}]'.encode(), origin="zotero.json")


@pytest.mark.parametrize(
    "votes, read",
    [(LONG, None), ("9" * 400 + "k", None), ("999999999k", None), ("3.29k", 3290), ("12", 12)],
)
def test_votes_that_no_paper_can_have_are_not_read(votes: str, read: int | None) -> None:
    card = f"### [A Study of Storks](https://huggingface.co/papers/2605.00001)\n\n{votes} upvotes\n"
    batch = markdown_dump.parse(
        f"May 11, 2026\n\n{card}".encode(), source="s", origin="o", modified=None, now=NOW
    )
    assert [paper.votes for paper in batch.papers] == [read]


@pytest.mark.parametrize("port", [LONG, "65536", "-1", "\u0663", ""])
def test_a_port_that_cannot_be_is_refused(port: str) -> None:
    with pytest.raises(ValueError, match="write host:port"):
        listen_at(f"127.0.0.1:{port}")
    with pytest.raises(UsageError, match="write HOST:PORT"):
        open_listener(f"127.0.0.1:{port}")


@pytest.mark.parametrize("number", [LONG, "9" * 19, "-1", "x"])
def test_the_number_of_an_edition_that_cannot_be_is_refused(number: str) -> None:
    with pytest.raises(UsageError, match="is not the number of an edition"):
        _numbers((number,))


@pytest.mark.parametrize(
    "size, limit",
    [
        (LONG, None),
        ("\u00b2", None),
        ("", None),
        ("0", None),
        ("00010", 10),
        ("35882577", 35882577),
    ],
)
def test_the_size_that_a_mail_server_states_is_read_or_ignored(
    size: str, limit: int | None
) -> None:
    assert _size_limit(size) == limit


@pytest.mark.parametrize(
    "header", [LONG, f"Mon, {LONG} Jan 2026 00:00:00 GMT", f"Mon, 1 Jan {LONG} 00:00:00 GMT"]
)
def test_a_wait_that_a_server_asks_for_is_read_or_ignored(header: str) -> None:
    wait = asked_wait(header, "Mon, 05 Jan 2026 00:00:00 GMT")
    assert wait is None or wait > timedelta(days=1).total_seconds()
