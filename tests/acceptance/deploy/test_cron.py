"""docs/deploy/cron.md: its line, run with no more than what cron gives."""

import sys
from pathlib import Path

from support.documentation.blocks import ROOT, blocks
from support.documentation.sandbox import Place, place

PAGE = ROOT / "docs" / "deploy" / "cron.md"


def set_up(here: Place) -> None:
    """What the page begins with: the program and a home, both in the user's folder."""
    (here.folder / "paper-digest").mkdir()
    (here.folder / "paper-digest" / ".venv").symlink_to(Path(sys.executable).parents[1])
    code, output = here.run(
        "digest init my-digest --email you@example.org >/dev/null\n"
        "echo 'DIGEST_FROM=Paper Digest <digest@example.org>' >>my-digest/.env\n"
        "echo 'DIGEST_ENRICH=off' >>my-digest/.env\n"
        'cp "$SAMPLES"/*.txt my-digest/dumps/\n'
    )
    assert code == 0, output
    (table,) = (block for block in blocks(PAGE) if block.language == "cron")
    (here.state / "crontab").write_text(table.text)


def test_the_line_sends_the_days_digest_once_and_says_nothing(tmp_path: Path) -> None:
    with place(tmp_path, "empty") as here:
        set_up(here)
        assert [here.cron() for _ in range(2)] == [[(0, "")], [(0, "")]]
        assert [message.recipients for message in here.received] == [("you@example.org",)]


def test_what_is_wrong_is_left_for_cron_to_mail(tmp_path: Path) -> None:
    with place(tmp_path, "empty") as here:
        set_up(here)
        (here.folder / "my-digest" / "profiles" / "you.toml").write_text("email = 1\n")
        ((code, output),) = here.cron()
        assert code == 2
        assert "you.toml:1:" in output
