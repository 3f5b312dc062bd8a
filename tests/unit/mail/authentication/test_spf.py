from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from digest.mail.authentication.spf import look_up


@dataclass
class Zone:
    """A DNS of what the test wrote: `TXT name`, `A name`, `MX name`."""

    entries: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def txt_records(self, name: str) -> tuple[str, ...]:
        return tuple(self.entries.get(f"TXT {name}", ()))

    def addresses(self, name: str) -> tuple[str, ...]:
        return tuple(self.entries.get(f"A {name}", ()))

    def mx_hosts(self, name: str) -> tuple[str, ...]:
        return tuple(self.entries.get(f"MX {name}", ()))

    def host_names(self, address: str) -> tuple[str, ...]:
        raise AssertionError(address)


ZONE = {
    "A a.science": ["192.0.2.1", "2001:db8::1"],
    "A mx.a.science": ["192.0.2.129"],
    "MX a.science": ["mx.a.science"],
    "TXT wide.science": ["v=spf1 +all"],
    "TXT soft.science": ["v=spf1 ip4:198.51.100.0/24 ~all"],
}


@pytest.mark.parametrize(
    "record, address, allowed",
    [
        ("v=spf1 a -all", "192.0.2.1", True),
        ("v=spf1 A -ALL", "2001:db8::1", True),
        ("v=spf1 a -all", "192.0.2.2", False),
        ("v=spf1 a/24 -all", "192.0.2.2", True),
        ("v=spf1 a//32 -all", "2001:db8:1::", True),
        ("v=spf1 a//32 -all", "192.0.2.2", False),
        ("v=spf1 a:a.science/24//32 -all", "192.0.2.9", True),
        ("v=spf1 mx/25 -all", "192.0.2.130", True),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::7", True),
        ("v=spf1 ip4:192.0.2.1 -all", "192.0.2.1", True),
        ("v=spf1 include:soft.science -all", "198.51.100.7", True),
        ("v=spf1 include:soft.science -all", "192.0.2.1", False),
        ("v=spf1 ?include:soft.science -all", "198.51.100.7", False),
        ("v=spf1 include:wide.science -all", "192.0.2.1", True),
        ("v=spf1 redirect=soft.science", "198.51.100.7", True),
        ("v=spf1 -all redirect=soft.science", "198.51.100.7", False),
        ("v=spf1 -all ip4:192.0.2.1", "192.0.2.1", False),
        ("v=spf1 exp=why.science ip4:192.0.2.1 -all", "192.0.2.1", True),
        ("v=spf1 exists:%{i}.a.science -all", "192.0.2.1", True),  # it depends on the message
        ("v=spf1", "192.0.2.1", False),
    ],
)
def test_a_record_lists_who_may_send(record: str, address: str, *, allowed: bool) -> None:
    found = look_up("a.science", Zone({**ZONE, "TXT a.science": [record]}))
    assert (found.record, found.problem) == (record, "")
    assert found.may_allow(address) is allowed


@pytest.mark.parametrize(
    "records, problem",
    [
        (["v=spf1 -all", "v=spf1 a -all"], "has 2 SPF records"),
        (["v=spf1 ip4:192.0.2.300 -all"], '"192.0.2.300" is not an IP network'),
        (["v=spf1 a/24/64 -all"], "is not valid in an SPF record"),
        (["v=spf1 allow -all"], '"allow" is not valid in an SPF record'),
        (["v=spf1 redirect=nobody.science"], "redirect=nobody.science, which has no SPF record"),
        (["v=spf1 redirect=a.science"], "more than 10 DNS lookups"),
    ],
)
def test_a_record_that_receivers_cannot_use_has_a_problem(records: list[str], problem: str) -> None:
    found = look_up("a.science", Zone({**ZONE, "TXT a.science": records}))
    assert problem in found.problem


def test_without_a_record_nothing_is_said() -> None:
    found = look_up("a.science", Zone({"TXT a.science": ["other=1", "v=spf10"]}))
    assert (found.record, found.problem) == ("", "")
