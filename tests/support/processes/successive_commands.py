"""Runs commands one after the other in one process, each as if the process had just started.

To fork a process and to copy the pages that a command writes takes longer than a short command.
"""

import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TextIO

from digest.cli import run, stderr
from digest.logs import Redactor, redactor


@contextmanager
def as_at_the_start() -> Iterator[None]:
    """Takes back at the end what a command sets for its whole process."""
    logger = logging.getLogger()
    handlers, level = list(logger.handlers), logger.level
    try:
        yield
    finally:
        logger.handlers[:] = handlers
        logger.setLevel(level)
        logging.captureWarnings(capture=False)
        for name in ("digest", "jobs"):
            logging.getLogger(name).setLevel(logging.NOTSET)
        stderr._settings = None
        vars(redactor).update(vars(Redactor()))


def exit_code(program: Callable[[], object]) -> int:
    """Runs a program that ends with `SystemExit`, and returns its exit code."""
    try:
        program()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def run_successively(commands: Sequence[Sequence[str]]) -> int:
    """Runs `digest` with each of these arguments; prints a line of JSON for each.

    Returns:
        The exit code of this process. A command that ends its process ends all.
    """
    answers = [_answer(arguments) for arguments in commands]
    sys.stdout.write("".join(f"{json.dumps(answer)}\n" for answer in answers))
    return 0


def _answer(arguments: Sequence[str]) -> tuple[int, str, str]:
    environ = dict(os.environ)
    with as_at_the_start(), tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with _written_to(out, sys.stdout), _written_to(err, sys.stderr):
            sys.argv = ["digest", *arguments]
            code = run()
        out.seek(0)
        err.seek(0)
        answer = code, out.read().decode(), err.read().decode()
    os.environ.clear()
    os.environ.update(environ)
    return answer


@contextmanager
def _written_to(file: IO[bytes], stream: TextIO) -> Iterator[None]:
    """Leads what is written to this stream, and to its descriptor, into a file."""
    before = os.dup(stream.fileno())
    os.dup2(file.fileno(), stream.fileno())
    try:
        yield
    finally:
        stream.flush()
        os.dup2(before, stream.fileno())
        os.close(before)
