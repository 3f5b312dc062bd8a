"""Limits of requests: which count decides, and where a request comes from."""

import pytest

from digest.core.signup.limits import (
    Counted,
    RequestVerdict,
    client_behind,
    judge,
    network_of,
    parent_domains,
    read_domains,
)


@pytest.mark.parametrize(
    "exceeded, verdict",
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
    exceeded: list[Counted], verdict: RequestVerdict
) -> None:
    assert judge({counted: counted in exceeded for counted in Counted}) is verdict


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


def test_a_file_of_domains_may_have_comments() -> None:
    text = "# disposable\nTrash.example\n\n@.mail.example  # all below\n"
    assert read_domains(text) == {"trash.example", "mail.example"}
