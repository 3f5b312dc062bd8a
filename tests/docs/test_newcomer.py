"""The tutorial ends in what it promises, and counts right what it asks for."""

import re
from pathlib import Path

from support.documentation.blocks import ROOT, begin, blocks
from support.documentation.sandbox import place
from support.documentation.trials import try_out

from benchmarks.newcomer import typed, written

PAGE = ROOT / "docs" / "tutorial.md"


def test_the_tutorial_ends_in_a_digest_that_cron_brings_once(tmp_path: Path) -> None:
    with place(tmp_path, begin(PAGE)) as here:
        for block in blocks(PAGE):
            try_out(block, here)
        before = len(here.received)  # the trial of step 7
        first, again = here.cron(), here.cron()
        assert [code for code, _ in (*first, *again)] == [0, 0], (first, again)
        assert [message.recipients for message in here.received[before:]] == [("you@example.org",)]
        message = here.messages()[-1]
        body = message.get_body(("plain",))
        assert body is not None
        assert "Speculative Decoding" in body.get_content()


def test_the_tutorial_counts_its_commands_and_files() -> None:
    steps = blocks(PAGE)
    match = re.search(r"\*\*(\d+) commands, (\w+) files", PAGE.read_text("utf-8"))
    assert match is not None
    assert int(match[1]) == sum(len(typed(step)) for step in steps)
    assert ["no", "one", "two", "three", "four"].index(match[2]) == sum(map(written, steps))
