"""The page of exit codes, from the tree of errors."""

from collections.abc import Iterator

from digest.errors import DigestError
from digest.sources.http import responses

_INTRO = """\
# Exit codes

Every command ends with one of these. This page is made from the tree of errors in
`digest/errors.py`.

| code | means | what to do |
| --- | --- | --- |
| 0 | done, if only because there was nothing to do | |
| 1 | the work failed in part: a source, a file, a letter; the rest is done | read the lines that name them; the next run tries again |
| 2 | wrong usage or configuration; nothing was done, or a profile was passed over | correct what the message names, with its file and line |
| 3 | nothing could be done: the database, the mail server or the DNS is out of reach | see that it is there; the next run goes on where this one stopped |

An error is one line on standard error: what is wrong, where, and what to do. With `--json` it is
`{"error", "exit_code"}` on standard output too.

| error | code | when |
| --- | --- | --- |
"""


def exit_codes_page() -> str:
    """docs/reference/exit-codes.md."""
    assert issubclass(responses.FetchError, DigestError)  # noqa: S101 - so that it is in the tree
    return _INTRO + "".join(f"{row}\n" for row in _rows(DigestError))


def _rows(error: type[DigestError]) -> Iterator[str]:
    for kind in error.__subclasses__():
        if kind.__module__.startswith("digest."):
            when = (kind.__doc__ or "").partition("\n")[0].rstrip(".")
            yield f"| `{kind.__name__}` | {kind.exit_code} | {when} |"
            yield from _rows(kind)
