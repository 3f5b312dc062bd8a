"""An event is formatted as a line for people or as a JSON object."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import date

import pytest

from digest import logs
from digest.core.models.batches import Verdict
from digest.logs import get_logger, set_up
from digest.logs.formatters import HumanFormatter, JsonFormatter
from digest.logs.redaction import Redactor


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logs.redactor.show_addresses = False
    for name in ("digest", "jobs"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.captureWarnings(capture=False)


def fail(words: str) -> None:
    raise ValueError(words)


def lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


def test_a_terminal_gets_a_line_with_fields_and_a_file_gets_json() -> None:
    human, machine = Terminal(), io.StringIO()
    for stream in (human, machine):
        set_up(form="auto", level="info", addresses=False, stream=stream)
        get_logger("digest.test").info(
            "batch", source="my feed", verdict=Verdict.FRESH, day=date(2026, 5, 11), papers=3
        )
    (line,) = lines(human)
    assert line.endswith(' INFO batch source="my feed" verdict=fresh day=2026-05-11 papers=3')
    (line,) = lines(machine)
    shown = json.loads(line)
    assert shown.pop("at").endswith("Z")
    assert shown == {
        "level": "info",
        "logger": "digest.test",
        "event": "batch",
        "source": "my feed",
        "verdict": "fresh",
        "day": "2026-05-11",
        "papers": 3,
    }


@pytest.mark.parametrize("form", ["human", "json"])
def test_a_value_cannot_begin_a_line_of_its_own(form: logs.LogFormat) -> None:
    stream = io.StringIO()
    set_up(form=form, level="info", addresses=False, stream=stream)
    get_logger("digest.test").info("batch", source='a\n2026-05-11 ERROR forged="1"\x1b[2J')
    assert len(lines(stream)) == 1
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("form", ["human", "json"])
def test_tracebacks_and_library_messages_are_redacted(form: logs.LogFormat) -> None:
    logs.redactor.add_secrets("open-sesame-4711")
    stream = io.StringIO()
    set_up(form=form, level="info", addresses=False, stream=stream)
    try:
        fail("password 'open-sesame-4711' of zed@reader.example")
    except ValueError:
        get_logger("digest.test").exception(
            "failed", why={"open-sesame-4711": ["zed@reader.example"]}
        )
    logging.getLogger("uvicorn.error").error("%s: %s", "zed@reader.example", "open-sesame-4711")
    written = stream.getvalue()
    assert "ValueError" in written
    assert "open-sesame-4711" not in written
    assert "zed@reader.example" not in written
    assert "@reader.example" in written


def test_a_record_with_wrong_arguments_is_logged_and_redacted() -> None:
    redact = Redactor()
    redact.add_secrets("open-sesame-4711")
    record = logging.makeLogRecord(
        {"name": "library", "levelname": "ERROR", "msg": "%d", "args": ("open-sesame-4711",)}
    )
    assert "library" in HumanFormatter(redact).format(record)
    assert json.loads(JsonFormatter(redact).format(record))["text"] == "%d ('***',)"


def test_a_json_line_contains_the_traceback() -> None:
    stream = io.StringIO()
    set_up(form="json", level="info", addresses=False, stream=stream)
    try:
        fail("a\nb")
    except ValueError:
        get_logger("digest.test").exception("failed")
    (line,) = lines(stream)
    assert "ValueError: a\nb" in json.loads(line)["traceback"]


def test_our_events_follow_the_level_and_libraries_log_warnings_only() -> None:
    stream = io.StringIO()
    set_up(form="human", level="debug", addresses=False, stream=stream)
    get_logger("digest.test").debug("ours")
    logging.getLogger("httpcore").info("theirs")
    set_up(form="human", level="warning", addresses=False, stream=stream)
    get_logger("digest.test").info("quiet")
    assert [line.split()[2:] for line in lines(stream)] == [["DEBUG", "ours"]]


def test_setting_up_twice_writes_once() -> None:
    stream = io.StringIO()
    for _ in range(2):
        set_up(form="human", level="info", addresses=False, stream=stream)
    get_logger("digest.test").info("once")
    assert len(lines(stream)) == 1


def test_addresses_are_shown_in_full_on_request() -> None:
    stream = io.StringIO()
    set_up(form="human", level="info", addresses=True, stream=stream)
    get_logger("digest.test").info("letter", recipient="zed@reader.example")
    assert "recipient=zed@reader.example" in stream.getvalue()
