"""`digest doctor` reports who is informed when something is wrong."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.config.home import HomeFolder
from digest.doctor.findings import CheckContext, CheckLevel
from digest.doctor.monitoring import check_monitoring

MAIL = {"DIGEST_SMTP_HOST": "mail.example.org", "DIGEST_FROM": "digest@example.org"}
OPERATOR = {"DIGEST_OPERATOR": "op@example.org"}
HEART = {"DIGEST_HEARTBEAT_URL": "https://hc.example/secret-uuid"}


@pytest.mark.parametrize(
    "environ, level, words",
    [
        ({}, CheckLevel.OK, "no alert is sent"),
        (OPERATOR, CheckLevel.WARNING, "no mail leaves this machine"),
        (
            {**OPERATOR, **MAIL, "DIGEST_DELIVERY": "maildir:m"},
            CheckLevel.WARNING,
            "DIGEST_DELIVERY",
        ),
        ({**OPERATOR, **MAIL}, CheckLevel.OK, "needs DIGEST_HEARTBEAT_URL"),
        ({**OPERATOR, **MAIL, **HEART}, CheckLevel.OK, "was not tried"),
        ({"DIGEST_METRICS_TOKEN": "t" * 16}, CheckLevel.OK, "/metrics answers requests"),
    ],
)
def test_the_check_reports_who_is_informed(
    tmp_path: Path, environ: dict[str, str], level: CheckLevel, words: str
) -> None:
    context = CheckContext(
        home=HomeFolder(path=tmp_path),
        environ=environ,
        now=datetime(2026, 5, 11, tzinfo=UTC),
        challenge="",
    )
    results = list(check_monitoring(context))
    assert any(words in item.text for item in results)
    assert level in {item.level for item in results}
    assert not any("secret-uuid" in item.text for item in results)
