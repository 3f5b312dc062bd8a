"""Limits of requests: which count decides, and where a request comes from."""

import pytest

from digest.core.signup.limits import (
    HOUR,
    OF_PROOF,
    Counted,
    RequestLimit,
    RequestVerdict,
    client_behind,
    judge,
    network_of,
    parent_domains,
    read_domains,
)

LIMITS = {
    counted: RequestLimit(counted=counted, number=10, time=HOUR)
    for counted in Counted
    if counted is not Counted.PROOF
}


def used(*full: Counted, half: tuple[Counted, ...] = ()) -> dict[RequestLimit, int]:
    return {
        limit: 10 if counted in full else 5 if counted in half else 4
        for counted, limit in LIMITS.items()
    }


@pytest.mark.parametrize(
    "full, verdict",
    [
        ([], RequestVerdict.ACCEPT),
        ([Counted.SIGNUP], RequestVerdict.SILENT),
        ([Counted.LINK], RequestVerdict.SILENT),
        ([Counted.NETWORK, Counted.SIGNUP], RequestVerdict.REFUSE),
        ([Counted.DOMAIN], RequestVerdict.REFUSE),
        ([Counted.ALL, Counted.NETWORK, Counted.SIGNUP], RequestVerdict.CLOSE),
    ],
)
def test_the_answer_shows_no_limit_of_an_address(
    full: list[Counted], verdict: RequestVerdict
) -> None:
    for proved in (True, None):
        assert judge(used(*full), proved=proved) is verdict


@pytest.mark.parametrize("half", [Counted.ALL, Counted.NETWORK, Counted.DOMAIN])
def test_half_of_a_limit_asks_for_a_proof_of_work_whatever_the_address(half: Counted) -> None:
    for full in ((), (Counted.SIGNUP,), (Counted.LINK,)):
        assert judge(used(*full, half=(half,)), proved=False) is RequestVerdict.PROVE
    assert judge(used(half=(half,)), proved=True) is RequestVerdict.ACCEPT
    assert judge(used(half=(half,)), proved=None) is RequestVerdict.ACCEPT
    assert judge(used(half=(Counted.SIGNUP, Counted.LINK)), proved=False) is RequestVerdict.ACCEPT


def test_a_proof_that_was_used_is_none() -> None:
    pressed = used(half=(Counted.ALL,))
    assert judge({**pressed, OF_PROOF: 0}, proved=True) is RequestVerdict.ACCEPT
    assert judge({**pressed, OF_PROOF: 1}, proved=True) is RequestVerdict.PROVE


@pytest.mark.parametrize(
    "client, network",
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2ff::9", "2001:db8:1:200::/56"),
        ("127.0.0.1", None),
        ("::1", None),
        ("unknown", None),
        ("", None),
        (None, None),
    ],
)
def test_a_network_has_the_size_that_one_customer_gets(
    client: str | None, network: str | None
) -> None:
    assert network_of(client) == network


@pytest.mark.parametrize(
    "peer, forwarded, client",
    [
        ("198.51.100.1", "", "198.51.100.1"),
        ("198.51.100.1", "192.0.2.1", "198.51.100.1"),  # no trusted proxy says so
        ("10.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9, 192.0.2.1", "192.0.2.1"),  # what the client wrote itself
        ("10.0.0.1", "203.0.113.9, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        (None, "192.0.2.1", None),
    ],
)
def test_only_trusted_proxies_say_who_the_client_is(
    peer: str | None, forwarded: str, client: str | None
) -> None:
    assert client_behind(peer, forwarded, ("10.0.0.0/8",)) == client


def test_a_domain_is_known_by_itself_and_by_those_above_it() -> None:
    assert list(parent_domains("Ada@A.Lab.Example")) == ["a.lab.example", "lab.example"]


def test_a_file_of_domains_may_have_comments_and_names_in_any_script() -> None:
    text = "# disposable\nTrash.example\n\n@.mail.example  # all below\n*.b\u00fccher.example\r\nlocal\n"
    assert read_domains(text) == {
        "trash.example",
        "mail.example",
        "xn--bcher-kva.example",
        "local",
    }
