"""No command reads a whole table that grows with the years, except where this file gives the reason."""

import re
from pathlib import Path

from support.homes import PROFILE, DigestHome
from support.processes import explained_statements
from support.processes.explained_statements import ReadWhole

# Tables that grow with each day; not those with a row for each reader, or of the last days only.
GROWING = {
    *("paper", "title", "title_word", "identifier", "revision", "paper_vector", "merge"),
    *("batch", "sighting", "listing", "announcement"),
    *("consent", "edition", "shown_papers", "bounce", "feedback", "reader_paper", "list_edition"),
}

# Statements that may, as regular expressions, each with its reason.
ALLOWED = {
    r"^DELETE FROM \w+$": "a restore replaces everything",
    r"^SELECT [^()]* FROM (\w+) ORDER BY \1\.[^()]*$": "a backup and a restore copy everything",
    r"ORDER BY (batch|paper|revision)\.id DESC LIMIT": "stops at the newest rows",
    r"^SELECT paper\.id FROM paper LIMIT": "stops at the first row",
    r"^SELECT edition\.state, count\(\*\) AS count_1 FROM edition GROUP BY edition\.state$": (
        "counts all digests, in an index"
    ),
    r"LIKE '%' \|\| lower\(": "an address is erased wherever it is",
    r"FROM revision JOIN paper .* revision\.contributor": "only `digest undo-source` asks this",
    r"SELECT revision\.title, revision\.abstract FROM revision": "`digest learn` reads every text",
    r"^SELECT batch\.source FROM batch": "one step in the index for each source",
}

NOW = "2026-05-11T06:00:00Z"
COMMANDS = """
    subscribers import {list} --profile {profile}
    run
    run --now 2026-05-12T06:00:00Z
    collect --file {sample} --now 2026-05-12T07:00:00Z
    collect --file {sample} --now 2026-05-13T07:00:00Z
    publish --only reader@example.org --now 2026-05-12T08:00:00Z
    deliver --now 2026-05-12T08:00:00Z
    deliver --release all
    deliver --drop all
    status
    why-no-mail reader@example.org
    history 1
    history arxiv:2605.01234
    history attention for
    history no such title anywhere
    explain 1 --profile {profile}
    rank --profile {profile}
    preview --profile {profile} --out {out} --no-pictures
    profile check {profile}
    profile volume {profile}
    profile volume {profile} --days 1
    feedback reader@example.org more 1
    profile show reader@example.org
    learn
    subscribers add new@example.org --profile {profile}
    subscribers add member@example.org --list plans
    publish
    lists
    subscribers remove member@example.org --list plans
    subscribers end --list plans --dry-run
    subscribers set-profile --all-using {profile} {profile} --dry-run
    subscribers list --left
    subscribers show reader@example.org
    subscribers pause new@example.org
    subscribers resume new@example.org
    subscribers set-profile new@example.org {profile}
    subscribers export new@example.org
    subscribers remove new@example.org
    subscribers erase new@example.org
    undo-source dumps --dry-run
    bounces {bounce}
    token create lab --scope all
    token list
    token revoke lab
    webhook add https://hooks.example.org/ --events sent,left
    webhook list
    webhook send
    webhook resume 1
    webhook remove 1
    doctor
    db prune --older-than 90d --dry-run --now 2027-05-12T06:00:00Z
    tidy --now 2027-05-12T06:00:00Z
    tidy --now 2027-05-13T06:00:00Z
    undo-source dumps
    channels list
    export {export}
    db backup {backup}
    db restore {backup} --replace
"""


def explained(
    digest_home: DigestHome, samples: list[Path], scratch: Path
) -> tuple[int, list[ReadWhole]]:
    """Runs the commands; returns how many statements there were, and what they read whole."""
    values = {
        "profile": digest_home.profile("reader"),
        "list": scratch / "list.csv",
        "bounce": scratch / "bounce.eml",
        "sample": samples[0],  # papers that are sighted again
        "out": scratch / "out",
        "backup": scratch / "backup.db",
        "export": scratch / "export.zip",
    }
    (digest_home.path / "channels.toml").write_text(
        '[[channels]]\nname = "notes"\nkind = "folder"\npath = "profiles"\n', "utf-8"
    )
    to_channel = PROFILE.format(email="channel@example.org")
    digest_home.profile("channel", f'deliver_to = "notes"\n{to_channel}')
    values["list"].write_text("email\nlisted@example.org\n", "utf-8")
    (digest_home.path / "lists").mkdir()
    (digest_home.path / "lists" / "plans.toml").write_bytes(values["profile"].read_bytes())
    (digest_home.path / "lists.toml").write_text(
        '[[lists]]\nname = "plans"\ntitle = "Plans"\nprofile = "lists/plans.toml"\n', "utf-8"
    )
    values["bounce"].write_text("Subject: hm\n\nno mail for anybody\n", "utf-8")
    file = scratch / "statements"
    patch = f"from support.processes.explained_statements import install; install({str(file)!r})"
    for number, sample in enumerate(samples):
        digest_home.dump(sample)
        lines = COMMANDS.strip().splitlines() if number == len(samples) - 1 else ["run"]
        commands = []
        for line in lines:
            words = [word.format(**values) for word in line.split()]
            # The words of a title are one argument.
            words = [words[0], " ".join(words[1:])] if words[0] == "history" else words
            commands.append([*words, *([] if "--now" in words else ["--now", NOW])])
        answers = digest_home.digest_successively(*commands, patch=patch)
        for line, answer in zip(lines, answers, strict=True):
            assert "Traceback" not in answer.err, (line, answer.err)
    assert "DELETE FROM sighting" in file.read_text("utf-8"), "old sightings are pruned"
    return explained_statements.read(file)


def forbidden(found: list[ReadWhole]) -> list[ReadWhole]:
    return [
        item
        for item in found
        if item.table in GROWING
        and not any(re.search(pattern, item.statement) for pattern in ALLOWED)
    ]


def test_no_statement_on_sqlite_reads_a_whole_table_that_grows(
    digest_home: DigestHome, samples: list[Path], tmp_path: Path
) -> None:
    statements, found = explained(digest_home, samples, tmp_path)
    assert statements > 200, "the statements of all commands"
    assert forbidden(found) == []
    unused = [
        pattern
        for pattern in ALLOWED
        if not any(re.search(pattern, item.statement) for item in found)
    ]
    assert unused == [], "what is not needed any more is not allowed any more"
