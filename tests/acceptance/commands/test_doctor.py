"""`digest doctor` finds what is wrong with a home."""

from pathlib import Path

from support.homes import DigestHome


def levels(digest_home: DigestHome, *, code: int) -> dict[str, str]:
    answer = digest_home.digest("--json", "doctor")
    assert answer.code == code, answer.err
    assert answer.result["ok"] is (code == 0)
    return {check["name"]: check["level"] for check in answer.result["checks"]}


def test_a_good_home_is_ok_in_text_and_in_json(digest_home: DigestHome) -> None:
    digest_home.profile("ada")
    digest_home.environ["DIGEST_BOUNCES_MAILDIR"] = "Maildir"
    assert set(levels(digest_home, code=0)) >= {
        "settings",
        "sources",
        "profiles",
        "theme",
        "templates",
    }
    assert "problem" not in digest_home.digest("doctor").out


def test_a_mailbox_that_nobody_reads_is_a_problem(digest_home: DigestHome) -> None:
    digest_home.profile("ada")
    assert levels(digest_home, code=2)["one-click"] == "problem"
    assert "DIGEST_BOUNCES_MAILDIR" in digest_home.digest("doctor").out


def test_one_call_finds_several_mistakes(digest_home: DigestHome) -> None:
    templates = digest_home.path / "templates" / "mail"
    templates.mkdir(parents=True)
    (templates / "digest.mjml").write_text(
        "<mjml><mj-body><mj-txt>{{ papers }}</mj-txt></mj-body></mjml>"
    )
    (digest_home.path / "theme.toml").write_text('[light]\nmute = "#cccccc"\n')
    digest_home.profile("ada", 'email = "ada@example.org"\nmax_paper = 3\n')
    digest_home.environ["DIGEST_TEMPLATES"] = "templates"
    level_of = levels(digest_home, code=2)
    assert (level_of["profiles"], level_of["theme"], level_of["templates"]) == ("problem",) * 3
    output = digest_home.digest("doctor").out
    for part in ("digest.mjml:1: MJML has no <mj-txt> here", "light.mute #cccccc", "ada.toml:"):
        assert part in output


def test_profiles_that_others_can_read_are_warned_of(digest_home: DigestHome) -> None:
    profile = digest_home.profile("ada")
    digest_home.environ["DIGEST_BOUNCES_MAILDIR"] = "Maildir"
    folder = digest_home.path / "profiles"
    level_of: dict[tuple[int, int], str] = {}
    for modes in ((0o755, 0o644), (0o750, 0o640), (0o700, 0o644), (0o755, 0o600)):
        folder.chmod(modes[0])
        profile.chmod(modes[1])
        level_of[modes] = levels(digest_home, code=0)["profiles"]
    assert list(level_of.values()) == ["warning", "warning", "ok", "ok"]
    profile.chmod(0o644)
    assert (
        f"read the addresses in 1 profile; chmod 700 {folder}" in digest_home.digest("doctor").out
    )


def test_sources_of_biology_are_told_to_learn_a_table(digest_home: DigestHome) -> None:
    digest_home.profile("ada")
    digest_home.environ["DIGEST_BOUNCES_MAILDIR"] = "Maildir"
    assert levels(digest_home, code=0)["ranking"] == "ok"
    file = digest_home.path / "sources.toml"
    table = '\n[[sources]]\nname = "preprints"\nkind = "biorxiv"\n'
    file.write_text(file.read_text("utf-8") + table, "utf-8")
    assert levels(digest_home, code=0)["ranking"] == "warning"
    assert "knows little of biology and medicine (preprints)" in digest_home.digest("doctor").out


def test_wrong_settings_are_reported_as_a_problem(digest_home: DigestHome) -> None:
    digest_home.environ["DIGEST_SMTP_PORT"] = "none"
    assert levels(digest_home, code=2)["settings"] == "problem"


def test_a_folder_that_is_no_home_is_refused(digest_home: DigestHome, tmp_path: Path) -> None:
    answer = digest_home.digest("--home", tmp_path / "nowhere", "doctor")
    assert answer.code == 2
    assert "digest init" in answer.err
