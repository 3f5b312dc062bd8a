"""Checks each cell of the table in docs/delivery.md: nothing is lost, only doubt duplicates."""

import os
from pathlib import Path

import pytest
from support.smtp.protocol import FAULTS, STEPS, DigestHome, everyone

from benchmarks.common.ledger_setup import reader
from digest.core.models.delivery import EditionState
from digest.pipeline.delivery import claim_queue

PAGE = Path(__file__).resolve().parents[4] / "docs" / "delivery.md"
SILENT = ("drops", "stalls", "garbage", "half a line")


@pytest.fixture(autouse=True)
def at_full_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim_queue, "FEW", 1)  # as after the first messages of a run
    # Each connection reads the authorities of this machine, a hundred and more; none is needed.
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)


@pytest.fixture(scope="module")
def digest_home(tmp_path_factory: pytest.TempPathFactory) -> DigestHome:
    return DigestHome(tmp_path_factory.mktemp("digest_home"))


def cells() -> dict[tuple[str, str], str]:
    """Returns the table of the page: (step, fault) -> outcome."""
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in PAGE.read_text("utf-8").splitlines()
        if line.startswith("|")
    ]
    head = next(row for row in rows if row[0] == "step")
    return {
        (row[0], fault): cell
        for row in rows
        if row[0] in STEPS
        for fault, cell in zip(head[1:], row[1:], strict=True)
    }


def test_the_table_has_every_step_and_fault() -> None:
    assert set(cells()) == {(step, fault) for step in STEPS for fault in FAULTS}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("pipelining", [True, False])
def test_a_broken_step_leads_to_what_the_table_says_and_loses_nothing(
    digest_home: DigestHome, tmp_path: Path, step: str, fault: str, *, pipelining: bool
) -> None:
    if not pipelining and step not in ("MAIL", "RCPT", "DATA", "final dot"):
        return
    result = digest_home.broken(tmp_path, step, fault, pipelining=pipelining)
    assert result.cell == cells()[step, fault]
    refused = result.cell == "refused"
    assert result.states == (
        EditionState.REFUSED if refused else EditionState.SENT,
        EditionState.SENT,
    )
    assert set(result.received) == everyone() - ({reader(1)} if refused else set())
    assert max(result.received.values()) == 1


@pytest.mark.parametrize("fault", SILENT)
def test_a_message_accepted_without_a_reply_arrives_twice_with_resend(
    digest_home: DigestHome, tmp_path: Path, fault: str
) -> None:
    result = digest_home.broken(tmp_path, "final dot", fault, pipelining=True, taken=True)
    assert result.cell == "in doubt"
    assert result.received == {reader(1): 2, reader(2): 1}


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("fault", SILENT)
def test_a_message_in_doubt_waits_with_hold(
    digest_home: DigestHome, tmp_path: Path, fault: str, *, taken: bool
) -> None:
    result = digest_home.broken(
        tmp_path, "final dot", fault, pipelining=True, taken=taken, hold=True
    )
    assert result.states == (EditionState.IN_DOUBT, EditionState.SENT)
    assert result.received == ({reader(1): 1, reader(2): 1} if taken else {reader(2): 1})
