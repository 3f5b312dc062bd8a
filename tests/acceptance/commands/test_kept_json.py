"""The JSON results of every command have the form of version 0.1, byte for byte.

`tests/data/json` was written by the program at commit 4ce32a1, and again when the formula of the score
changed, in a home with the two days of
sample papers. What differs from run to run (the folder, the server's port) is replaced.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.homes import SAMPLES, DigestHome, Mailbox
from support.speed.pictures import EMPTY_PICTURES

KEPT = Path(__file__).resolve().parents[2] / "data" / "json"
DAYS = ("2026-05-11T06:00:00Z", "2026-05-12T06:00:00Z")
PROFILE = """\
email = "ada@example.org"
min_match = 1

[[topics]]
name = "Efficient inference"
keywords = ["KV cache^2", "quantiz*", "speculative decoding", "\\"mixture of experts\\""]
exclude = ["federated learning"]

[[topics]]
name = "Agents"
keywords = ["agent", "planning", "tool use"]
"""
LIBRARY = """\
@article{one, title = {Quantized caches for long contexts}, abstract = {We quantize the key-value cache.}}
@article{two, title = {Pruning caches}, abstract = {We prune the key-value cache of long contexts.}}
"""
# In this order: later ones see what earlier ones did.
COMMANDS: dict[str, tuple[str, ...]] = {
    "parse": ("parse", "{day1}"),
    "profile-check": ("profile", "check", "{profile}"),
    "collect": ("collect", "--now", DAYS[0]),
    "enrich": ("enrich", "--now", DAYS[0]),
    "publish": ("publish", "--now", DAYS[0]),
    "deliver": ("deliver", "--now", DAYS[0]),
    "tidy": ("tidy", "--now", DAYS[0]),
    "add": ("subscribers", "add", "bob@example.org", "--profile", "{profile}", "--now", DAYS[0]),
    "run-dry": ("run", "--dry-run", "--now", DAYS[1]),
    "run": ("run", "--now", DAYS[1]),
    "run-again": ("run", "--now", DAYS[1]),
    "pause": ("subscribers", "pause", "bob@example.org", "--now", DAYS[1]),
    "resume": ("subscribers", "resume", "bob@example.org", "--now", DAYS[1]),
    "list": ("subscribers", "list", "--now", DAYS[1]),
    "show": ("subscribers", "show", "ada@example.org", "--now", DAYS[1]),
    "export": ("subscribers", "export", "ada@example.org", "--now", DAYS[1]),
    "why-no-mail": ("why-no-mail", "ada@example.org", "--now", DAYS[1]),
    "status": ("status", "--now", DAYS[1]),
    "history": ("history", "1", "--now", DAYS[1]),
    "rank": ("rank", "--profile", "{profile}", "--now", DAYS[1]),
    "explain": ("explain", "--profile", "{profile}", "1", "--now", DAYS[1]),
    "preview": ("preview", "--profile", "{profile}", "--out", "{out}", "--now", DAYS[1]),
    "volume": ("profile", "volume", "{profile}", "--now", DAYS[1]),
    "new": ("profile", "new", "graph learning", "--email", "eve@example.org", "--now", DAYS[1]),
    "from-library": ("profile", "from-library", "{library}", "--now", DAYS[1]),
    "remove": ("subscribers", "remove", "bob@example.org", "--now", DAYS[1]),
    "erase": ("subscribers", "erase", "bob@example.org", "--now", DAYS[1]),
    "db-check": ("db", "check", "--now", DAYS[1]),
    "doctor": ("doctor", "--now", DAYS[1]),
}
EXIT_CODES = {"doctor": (2,)}  # no mailbox is read, so the doctor finds a problem
VARYING = {
    r'"message_id": "[^"]*"': '"message_id": "..."',
    r"\b127\.0\.0\.1:\d+": "127.0.0.1:PORT",
    r"<[\w.-]+@example\.org>": "<...@example.org>",
    # An attempt is timed from the moment of the run, and may take long on a busy machine.
    r"(T06:)\d\d:\d\d\.\d+": r"\g<1>00:00.FRACTION",
    r'"owner": "[^"]*"': '"owner": "HOST:PROCESS"',
}


def set_up(home: Path) -> Callable[[str], str]:
    """Fills the home; gives the function that fills in a command's arguments."""
    days = [home / "dumps" / path.name for path in sorted(SAMPLES.glob("*.txt"))]
    for path in days:
        path.write_bytes((SAMPLES / path.name).read_bytes())
    (home / "profiles" / "ada.toml").write_text(PROFILE, "utf-8")
    (home / "profiles").chmod(0o700)  # as `digest init` makes it
    (home / "library.bib").write_text(LIBRARY, "utf-8")
    places = {
        "day1": days[0],
        "profile": home / "profiles" / "ada.toml",
        "library": home / "library.bib",
        "out": home / "preview",
    }
    return lambda argument: argument.format_map(places)


def kept_form(output: str, home: Path) -> str:
    """The output without what differs from run to run."""
    for pattern, text in VARYING.items():
        output = re.sub(pattern, text, output)
    return output.replace(str(home), "HOME")


def test_the_json_results_are_those_of_version_0_1(
    digest_home: DigestHome, mailbox: Mailbox
) -> None:
    fill = set_up(digest_home.path)
    digest_home.environ["DIGEST_SECRET"] = "a-secret-of-the-tests-that-is-long-enough-1234"
    differing = {}
    for name, arguments in COMMANDS.items():
        answer = digest_home.digest("--json", *map(fill, arguments), patch=EMPTY_PICTURES)
        shown = kept_form(answer.out, digest_home.path)
        json.loads(answer.out)
        kept = (KEPT / f"{name}.json").read_text("utf-8")
        if shown != kept or answer.code not in EXIT_CODES.get(name, (0, 1)):
            differing[name] = (kept, shown, answer.err)
    assert len(mailbox.received) == 2
    for name, (kept, shown, err) in differing.items():
        pytest.fail(f"{name}:\n{kept}\nis now:\n{shown}\n{err}", pytrace=False)
