"""The child process of parsers: its limits are effective, and a failure is one line."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.errors import InputError
from digest.sources.feeds.sandbox import run_in_sandbox


def echo(data: bytes) -> bytes:
    return data[::-1]


def use_much_memory(data: bytes) -> bytes:
    return data and bytes(2**30)


def run_forever(data: bytes) -> bytes:
    while data:
        time.sleep(1)
    return b""


def compute_forever(data: bytes) -> bytes:
    while data:
        pass
    return b""


def read_a_file(data: bytes) -> bytes:
    return data and Path(data.decode()).read_bytes()


def open_connection(data: bytes) -> bytes:
    if data:
        socket.create_connection(("127.0.0.1", int(data)))
    return b""


def fail(data: bytes) -> bytes:
    if data:
        raise ValueError("line one\nline two")
    return b""


def return_much(data: bytes) -> bytes:
    return data * 2**25


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    # pytest imports this file by its path; the child must find it by its name.
    monkeypatch.syspath_prepend(Path(__file__).parent)
    for function in (
        echo,
        use_much_memory,
        run_forever,
        compute_forever,
        read_a_file,
        open_connection,
        fail,
        return_much,
    ):
        monkeypatch.setattr(function, "__module__", "test_sandbox")


def test_the_result_is_returned_unchanged() -> None:
    assert run_in_sandbox(echo, b"\0abc\xff", origin="x") == b"\xffcba\0"


def test_a_parser_that_takes_too_much_memory_is_ended() -> None:
    with pytest.raises(InputError, match=r"f\.xml: could not be parsed within 192 MB and 10 s"):
        run_in_sandbox(use_much_memory, b"x", origin="f.xml")


@pytest.mark.parametrize("parser", [run_forever, compute_forever])
def test_a_parser_that_takes_too_long_is_ended(parser: Callable[[bytes], bytes]) -> None:
    with pytest.raises(InputError, match=r"within 192 MB and 0.5 s"):
        run_in_sandbox(parser, b"x", origin="f.xml", seconds=0.5)


def test_a_parser_cannot_open_a_file() -> None:
    with pytest.raises(InputError, match="Too many open files"):
        run_in_sandbox(read_a_file, str(Path(__file__).resolve()).encode(), origin="f.xml")


def test_a_parser_cannot_open_a_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1]).encode()
        with pytest.raises(InputError, match="Too many open files"):
            run_in_sandbox(open_connection, port, origin="f.xml")
        server.setblocking(False)  # noqa: FBT003 - the name of the thing
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_parser_that_fails_is_reported_in_one_line() -> None:
    with pytest.raises(InputError) as caught:
        run_in_sandbox(fail, b"x", origin="f.xml")
    assert str(caught.value) == "f.xml: could not be parsed: ValueError: line one line two"


def test_a_result_that_is_too_long_is_refused() -> None:
    with pytest.raises(InputError, match="could not be parsed within"):
        run_in_sandbox(return_much, b"xy", origin="f.xml")
