"""Generates docs/reference/exit-codes.md from the classes of digest.errors."""

from collections.abc import Iterator

from digest.errors import DigestError
from digest.sources.http import responses

_INTRO = """\
# Exit codes

Every command ends with one of these codes. This page is generated from the error classes in
`digest/errors.py`.

| code | meaning | what to do |
| --- | --- | --- |
| 0 | done, or there was nothing to do | |
| 1 | part of the work failed, for example a source, a file or a message; the rest is done | read the error lines; the next run tries again |
| 2 | wrong usage or configuration: nothing was done, or a broken profile was skipped | correct the mistake; the message names the file and the line |
| 3 | nothing could be done: the database, the mail server or the DNS cannot be reached | check that it is running; the next run continues where this one stopped |

An error is one line on standard error. It says what is wrong, where, and what to do. With `--json`,
`{"error", "exit_code"}` is printed on standard output as well.

| error | code | when |
| --- | --- | --- |
"""


def exit_codes_page() -> str:
    """Returns docs/reference/exit-codes.md."""
    assert issubclass(responses.FetchError, DigestError)  # noqa: S101 - imported, so that it is listed
    return _INTRO + "".join(f"{row}\n" for row in _rows(DigestError))


def _rows(error: type[DigestError]) -> Iterator[str]:
    for kind in error.__subclasses__():
        if kind.__module__.startswith("digest."):
            when = (kind.__doc__ or "").partition("\n")[0].rstrip(".")
            yield f"| `{kind.__name__}` | {kind.exit_code} | {when} |"
            yield from _rows(kind)
