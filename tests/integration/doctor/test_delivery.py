"""`digest doctor` checks the mail server and the DNS, here real servers and a scripted DNS."""

import functools
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest
import trustme
from support.smtp.scripted_server import Script, script, served

from digest.config.home import HomeFolder
from digest.doctor import checks
from digest.doctor.checks import CHECKS, CheckReport, examine
from digest.doctor.findings import CheckContext, CheckLevel, CheckResult
from digest.errors import DnsError
from digest.mail.authentication import dkim_keys
from digest.mail.authentication.dns_resolver import DnsResolver, Resolver

NOW = datetime(2026, 5, 11, 6, tzinfo=UTC)
SENDER = "papers.science"
RELAY = "93.184.216.34"
KEY, OTHER = "the key of the home", "another key"  # these words in a record become a key
RECORD = f"digest._domainkey.{SENDER}"

Zone = Mapping[str, Sequence[str]]


@functools.cache
def dkim_key(name: str) -> dkim_keys.Key:
    """Makes a key when it is first used: that takes as long as to collect hundreds of tests."""
    del name
    return dkim_keys.generate_key("rsa")


def with_keys(record: str) -> str:
    for name in (KEY, OTHER):
        if name in record:
            record = record.replace(name, dkim_keys.dns_record(dkim_key(name)))
    return record


@dataclass
class ScriptedDns:
    """A DNS with the records of the test: `TXT name`, `A name`, `MX name`, `PTR address`."""

    zone: Mapping[str, Sequence[str]] = field(default_factory=dict)
    broken: bool = False

    def _ask(self, kind: str, name: str) -> tuple[str, ...]:
        if self.broken:
            raise DnsError("the DNS cannot be asked")
        return tuple(map(with_keys, self.zone.get(f"{kind} {name}", ())))

    txt_records = functools.partialmethod(_ask, "TXT")
    addresses = functools.partialmethod(_ask, "A")
    mx_hosts = functools.partialmethod(_ask, "MX")
    host_names = functools.partialmethod(_ask, "PTR")


def good_zone() -> Zone:
    return {
        f"MX {SENDER}": [f"mx.{SENDER}"],
        f"TXT {SENDER}": ["other=1", f"v=spf1 ip4:{RELAY} -all"],
        f"TXT {RECORD}": [KEY],
        f"TXT _dmarc.{SENDER}": ["v=DMARC1; p=none"],
        f"PTR {RELAY}": [f"out.{SENDER}"],
        f"A out.{SENDER}": [RELAY],
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    dkim_keys.write_key(dkim_key(KEY), tmp_path / "dkim.pem")
    return tmp_path


def context_of(
    home: Path,
    resolver: Resolver | None = None,
    environ: Mapping[str, str] | None = None,
    now: datetime = NOW,
) -> CheckContext:
    """A home that sends over a relay on this machine, unless `environ` says otherwise."""
    usual = {
        "DIGEST_SMTP_HOST": "127.0.0.1",
        "DIGEST_SMTP_PORT": "9",
        "DIGEST_SMTP_SECURITY": "none",
        "DIGEST_FROM": f"Papers <digest@{SENDER}>",
        "DIGEST_DKIM_KEY": "dkim.pem",
        "DIGEST_SECRET": "s" * 32,
    }
    return CheckContext(
        home=HomeFolder(path=home),
        environ={**usual, **(environ or {})},
        now=now,
        challenge="c" * 32,
        resolver=resolver or ScriptedDns(good_zone()),
        own_address=lambda: RELAY,
    )


def report_of(name: str, context: CheckContext) -> CheckReport:
    """Runs one check; the others take most of a second."""
    wanted = tuple(check for check in CHECKS if check.name == name)
    with patch.object(checks, "CHECKS", wanted):
        (found,) = examine(context)
    return found


def results_of(name: str, context: CheckContext) -> tuple[CheckResult, ...]:
    return report_of(name, context).results


def dns_results(home: Path, changes: Zone | None = None, **environ: str) -> tuple[CheckResult, ...]:
    return results_of(
        "dns", context_of(home, ScriptedDns({**good_zone(), **(changes or {})}), environ)
    )


def worst(findings: tuple[CheckResult, ...]) -> CheckLevel:
    return CheckReport(check=CHECKS[0], results=findings).level


def texts(findings: tuple[CheckResult, ...], level: CheckLevel = CheckLevel.PROBLEM) -> str:
    return "\n".join(item.text for item in findings if item.level is level)


def test_a_sender_that_meets_all_requirements_is_ok(home: Path) -> None:
    assert texts(dns_results(home), CheckLevel.OK).splitlines() == [
        f"SPF: {SENDER} lets {RELAY} send",
        f"DKIM: the key at {RECORD} is that of {home}/dkim.pem",
        f"DMARC: {SENDER}: p=none",
        f"reverse DNS: {RELAY} is out.{SENDER}, and out.{SENDER} is {RELAY}",
    ]
    assert worst(dns_results(home)) is CheckLevel.OK


MISTAKES: list[tuple[Zone, str]] = [
    ({f"TXT {RECORD}": []}, "DKIM: no key is published"),
    ({f"TXT {RECORD}": [OTHER]}, "is not that of"),
    ({f"TXT {RECORD}": ["v=DKIM1; k=rsa; p="]}, "is withdrawn"),
    ({f"TXT {RECORD}": [KEY] * 2}, "has 2 TXT records"),
    ({f"TXT {RECORD}": ["h=sha1; " + KEY]}, "forbids SHA-256"),
    ({f"TXT {SENDER}": [f"v=spf1 ip4:{RELAY} -all"] * 2}, "has 2 SPF records"),
    ({f"TXT {SENDER}": ["v=spf1 +all"]}, "the whole world"),
    ({f"TXT {SENDER}": ["v=spf1 ip4:203.0.113.0/24 -all"]}, f"does not name {RELAY}"),
    ({f"TXT {SENDER}": ["v=spf1 include:nobody.science -all"]}, "which has no SPF record"),
    ({f"TXT {SENDER}": ["v=spf1 ip5:1.2.3.4 -all"]}, "is not valid in an SPF record"),
    ({f"TXT {SENDER}": [f"v=spf1 include:{SENDER} -all"]}, "more than 10 DNS lookups"),
    ({f"TXT _dmarc.{SENDER}": ["v=DMARC1; p=nothing"]}, "is no policy"),
    ({f"MX {SENDER}": []}, "no mail can come back"),
    ({f"PTR {RELAY}": []}, "has no name"),
    ({f"A out.{SENDER}": ["203.0.113.1"]}, "does not lead back"),
]


@pytest.mark.parametrize("changes, problem", MISTAKES, ids=[text for _, text in MISTAKES])
def test_a_record_that_providers_reject_is_a_problem(
    home: Path, changes: Zone, problem: str
) -> None:
    found = dns_results(home, changes)
    assert problem in texts(found)
    assert len(texts(found).splitlines()) == 1, "one mistake, one problem"


@pytest.mark.parametrize(
    "changes, warning",
    [
        ({f"TXT {SENDER}": []}, f"v=spf1 ip4:{RELAY} -all"),
        ({f"TXT _dmarc.{SENDER}": []}, "DMARC: papers.science has no policy"),
        ({f"TXT {RECORD}": ["t=y; " + KEY]}, "t=y"),
    ],
)
def test_a_missing_record_or_a_test_record_is_a_warning(
    home: Path, changes: Zone, warning: str
) -> None:
    found = dns_results(home, changes)
    assert worst(found) is CheckLevel.WARNING
    assert warning in texts(found, CheckLevel.WARNING)


def test_neither_a_key_nor_spf_is_a_problem(home: Path) -> None:
    found = dns_results(home, {f"TXT {SENDER}": []}, DIGEST_DKIM_KEY="")
    assert "SPF" in texts(found)
    assert "digest dkim new" in texts(found, CheckLevel.WARNING)


def test_a_signature_of_an_unrelated_domain_is_a_problem(home: Path) -> None:
    zone: Zone = {"TXT digest._domainkey.elsewhere.science": [KEY]}
    found = dns_results(home, zone, DIGEST_DKIM_DOMAIN="elsewhere.science")
    assert "does not vouch for DIGEST_FROM" in texts(found)


def test_a_signature_of_the_parent_domain_counts_unless_the_policy_is_strict(home: Path) -> None:
    sub = {
        f"MX list.{SENDER}": [f"mx.{SENDER}"],
        f"TXT list.{SENDER}": [f"v=spf1 ip4:{RELAY} -all"],
    }
    environ = {"DIGEST_FROM": f"digest@list.{SENDER}", "DIGEST_DKIM_DOMAIN": SENDER}
    assert worst(dns_results(home, sub, **environ)) is CheckLevel.OK
    strict = {f"TXT _dmarc.{SENDER}": ["v=DMARC1; p=reject; adkim=s"]}
    assert "does not vouch" in texts(dns_results(home, {**sub, **strict}, **environ))


def test_a_return_path_elsewhere_without_a_signature_fails_the_policy(home: Path) -> None:
    zone: Zone = {
        "MX bounces.science": ["mx.bounces.science"],
        "TXT bounces.science": [f"v=spf1 ip4:{RELAY} -all"],
        f"TXT _dmarc.{SENDER}": ["v=DMARC1; p=reject"],
    }
    found = dns_results(home, zone, DIGEST_DKIM_KEY="", DIGEST_BOUNCES="b@bounces.science")
    assert "vouches for papers.science, whose policy refuses" in texts(found)


def test_a_remote_relay_is_looked_up_and_its_faults_are_warnings_for_its_operator(
    home: Path,
) -> None:
    environ = {"DIGEST_SMTP_HOST": "smtp.provider.science", "DIGEST_SMTP_SECURITY": "starttls"}
    zone: Zone = {
        "A smtp.provider.science": ["198.51.100.7"],
        f"TXT {SENDER}": ["v=spf1 include:provider.science ~all"],
        "TXT provider.science": ["v=spf1 a:smtp.provider.science/28 mx//64 -all"],
    }
    found = results_of("dns", context_of(home, ScriptedDns({**good_zone(), **zone}), environ))
    assert "lets 198.51.100.7 send" in texts(found, CheckLevel.OK)
    assert "ask its operator" in texts(found, CheckLevel.WARNING)
    assert not texts(found)


def test_without_a_network_the_exit_code_is_that_of_an_unreachable_server(home: Path) -> None:
    found = [
        item
        for item in examine(context_of(home, ScriptedDns(broken=True)))
        if item.level is CheckLevel.PROBLEM
    ]
    codes = {item.check.name: item.exit_code for item in found}
    assert (codes["delivery"], codes["dns"]) == (3, 3)


def test_reserved_example_domains_are_not_looked_up(home: Path) -> None:
    found = results_of(
        "dns", context_of(home, ScriptedDns(broken=True), {"DIGEST_FROM": "digest@example.org"})
    )
    assert worst(found) is CheckLevel.WARNING


@contextmanager
def name_server(answers: Callable[[dns.message.Message], dns.message.Message]) -> Iterator[None]:
    """Runs a name server on loopback, the only one that this test can ask."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(0.1)
        finished = threading.Event()

        def serve() -> None:
            while not finished.is_set():
                try:
                    query, who = listener.recvfrom(4096)
                except TimeoutError:
                    continue
                listener.sendto(answers(dns.message.from_wire(query)).to_wire(), who)

        thread = threading.Thread(target=serve)
        thread.start()
        local_resolver = dns.resolver.Resolver(configure=False)
        local_resolver.nameservers, local_resolver.port = ["127.0.0.1"], listener.getsockname()[1]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dns.resolver, "Resolver", lambda: local_resolver)
            yield
        finished.set()
        thread.join()


def from_zone(zone: str) -> Callable[[dns.message.Message], dns.message.Message]:
    """Answers from lines of a zone file; the root has a name server, other names do not exist."""
    lines = [line.split(maxsplit=2) for line in (". NS a.root.", *zone.strip().splitlines())]

    def answer(query: dns.message.Message) -> dns.message.Message:
        (question,) = query.question
        name, kind = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
        reply = dns.message.make_response(query)
        found = [data for owner, what, data in lines if (owner, what) == (name, kind)]
        if found:
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *found))
        elif name not in {owner for owner, _, _ in lines}:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply

    return answer


def test_the_resolver_reads_all_record_types_that_mail_needs() -> None:
    zone = """
        key.papers.science. TXT "v=DKIM1; p=AB" "CD"
        papers.science. MX 10 mx.papers.science.
        silent.science. MX 0 .
        mx.papers.science. A 192.0.2.7
        mx.papers.science. AAAA 2001:db8::7
        7.2.0.192.in-addr.arpa. PTR mx.papers.science.
    """
    with name_server(from_zone(zone)):
        resolver = DnsResolver()
        assert resolver.txt_records("key.papers.science") == ("v=DKIM1; p=ABCD",)
        assert resolver.mx_hosts(SENDER) == ("mx.papers.science",)
        assert resolver.mx_hosts("silent.science") == ()
        assert resolver.addresses("mx.papers.science") == ("192.0.2.7", "2001:db8::7")
        assert resolver.host_names("192.0.2.7") == ("mx.papers.science",)
        assert resolver.txt_records(SENDER) == resolver.txt_records("nowhere.science") == ()


@pytest.mark.parametrize("code", [dns.rcode.NXDOMAIN, dns.rcode.SERVFAIL, dns.rcode.REFUSED])
def test_a_name_server_that_cannot_resolve_the_root_means_no_network(code: dns.rcode.Rcode) -> None:
    def answer(query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query)
        reply.set_rcode(code)
        return reply

    with name_server(answer), pytest.raises(DnsError, match="check the network"):
        DnsResolver().txt_records(SENDER)


# The mail server.


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def tls(authority: trustme.CA, until: datetime | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", not_after=until).configure_cert(context)
    return context


def server_report(
    home: Path, authority: trustme.CA, smtp_script: Script, environ: Mapping[str, str] | None = None
) -> CheckReport:
    authority.cert_pem.write_to_path(home / "ca.pem")
    with served(smtp_script) as port:
        here = context_of(
            home,
            environ={
                "DIGEST_SMTP_HOST": "localhost",
                "DIGEST_SMTP_PORT": str(port),
                "DIGEST_SMTP_SECURITY": "starttls",
                "DIGEST_SMTP_CA_FILE": "ca.pem",
                **(environ or {}),
            },
            now=datetime.now(UTC),
        )
        return report_of("delivery", here)


LOGIN = {"DIGEST_SMTP_USER": "ada", "DIGEST_SMTP_PASSWORD": "hunter2"}


def test_a_working_server_is_ok_and_gets_no_message(home: Path, authority: trustme.CA) -> None:
    smtp_script = script(
        {}, features=["STARTTLS", "AUTH PLAIN", "SIZE 30000000"], tls=tls(authority)
    )
    found = server_report(home, authority, smtp_script, LOGIN)
    assert found.level is CheckLevel.OK
    assert "TLSv1.3, logged in as ada; it takes mail from digest@papers.science" in texts(
        found.results, CheckLevel.OK
    )
    assert not {"RCPT", "DATA"} & set(smtp_script.commands)
    assert smtp_script.messages == []


def test_a_certificate_that_ends_soon_is_a_warning(home: Path, authority: trustme.CA) -> None:
    ends = datetime.now(UTC) + timedelta(days=9)
    found = server_report(
        home, authority, script({}, features=["STARTTLS"], tls=tls(authority, ends))
    )
    assert found.level is CheckLevel.WARNING
    assert f"ends on {ends:%Y-%m-%d}" in texts(found.results, CheckLevel.WARNING)


@pytest.mark.parametrize(
    "replies, features, words",
    [
        ({}, ["AUTH PLAIN"], "does not offer STARTTLS"),
        ({"AUTH": "535 5.7.8 no"}, ["STARTTLS", "AUTH PLAIN"], "refuses the login of ada"),
        ({"MAIL": "553 5.7.1 not yours"}, ["STARTTLS", "AUTH PLAIN"], "refuses the sender"),
        ({"MAIL": "451 later"}, ["STARTTLS", "AUTH PLAIN"], "refuses the sender"),
        ({"GREETING": "554 no"}, [], "cannot be used"),
        ({}, ["STARTTLS", "AUTH PLAIN", "SIZE 9000"], "accepts messages of 9,000 bytes at most"),
    ],
)
def test_a_server_that_would_refuse_messages_is_a_problem(
    home: Path,
    authority: trustme.CA,
    replies: dict[str, str],
    features: list[str],
    words: str,
) -> None:
    found = server_report(
        home, authority, script(replies, features=features, tls=tls(authority)), LOGIN
    )
    assert words in texts(found.results)


def test_a_wrong_certificate_is_a_problem_and_gets_no_password(
    home: Path, authority: trustme.CA
) -> None:
    smtp_script = script({}, features=["STARTTLS", "AUTH PLAIN"], tls=tls(trustme.CA()))
    found = server_report(home, authority, smtp_script, LOGIN)
    assert "its certificate cannot be trusted" in texts(found.results)
    assert found.exit_code == 3
    assert "AUTH" not in smtp_script.commands


# The site.


def test_a_site_that_does_not_answer_is_a_problem(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    found = results_of(
        "one-click", context_of(home, environ={"DIGEST_BASE_URL": f"http://127.0.0.1:{port}"})
    )
    assert "cannot be reached" in texts(found)


@pytest.mark.parametrize(
    "mailbox",
    [
        {"DIGEST_BOUNCES_MAILDIR": "Maildir"},
        {
            "DIGEST_BOUNCES_IMAP": "imaps://bounces@imap.example.org/INBOX",
            "DIGEST_BOUNCES_PASSWORD": "secret",
        },
    ],
)
def test_without_a_site_readers_unsubscribe_by_mail_alone(
    home: Path, mailbox: dict[str, str]
) -> None:
    found = results_of("one-click", context_of(home, environ=mailbox))
    assert [item.level for item in found] == [CheckLevel.OK]
    assert "by mail alone" in texts(found, CheckLevel.OK)


def test_a_mailbox_that_nobody_reads_is_a_problem(home: Path) -> None:
    found = results_of("one-click", context_of(home))
    assert [item.level for item in found] == [CheckLevel.PROBLEM]
    assert "unsubscribe mails reach nobody" in texts(found)
    assert "set DIGEST_BOUNCES_MAILDIR or DIGEST_BOUNCES_IMAP" in texts(found)


def test_a_mailbox_without_its_password_is_a_problem(home: Path) -> None:
    environ = {"DIGEST_BOUNCES_IMAP": "imaps://bounces@imap.example.org/INBOX"}
    found = results_of("one-click", context_of(home, environ=environ))
    assert [item.level for item in found] == [CheckLevel.PROBLEM]
    assert "DIGEST_BOUNCES_PASSWORD" in texts(found)


@pytest.mark.parametrize(
    "environ",
    [
        {"DIGEST_DELIVERY": "maildir:out"},  # no message leaves this machine
        {"DIGEST_BASE_URL": "http://127.0.0.1:9"},  # the page is another way
    ],
)
def test_a_mailbox_that_nobody_reads_is_a_warning_where_it_harms_less(
    home: Path, environ: dict[str, str]
) -> None:
    found = results_of("one-click", context_of(home, environ=environ))
    assert found[0].level is CheckLevel.WARNING
    assert "no mailbox is read" in found[0].text


def test_a_mailing_list_that_goes_to_a_channel_is_a_problem(home: Path) -> None:
    (home / "lists.toml").write_text(
        '[[lists]]\nname = "chat"\ntitle = "T"\nprofile = "chat.toml"\n'
    )
    (home / "chat.toml").write_text(
        'deliver_to = "team"\n[[topics]]\nname = "T"\nkeywords = ["storks"]\n'
    )
    (problem,) = texts(results_of("lists", context_of(home))).splitlines()
    assert "the channel gets a digest for each reader" in problem


def test_the_sender_of_each_mailing_list_is_checked_as_the_usual_one_is(home: Path) -> None:
    (home / "lists").mkdir()
    profile = '[[topics]]\nname = "T"\nkeywords = ["storks"]\n'
    tables = ""
    for name, more in (
        ("usual", f'sender = "Usual <usual@{SENDER}>"'),
        ("own", 'sender = "own@birds.science"\ndkim_key = "own.pem"\ndkim_selector = "s1"'),
        ("bare", 'sender = "bare@bees.science"'),
    ):
        (home / "lists" / f"{name}.toml").write_text(profile)
        tables += (
            f'[[lists]]\nname = "{name}"\ntitle = "T"\nprofile = "lists/{name}.toml"\n{more}\n'
        )
    (home / "lists.toml").write_text(tables)
    dkim_keys.write_key(dkim_key(OTHER), home / "own.pem")
    zone = {
        **good_zone(),
        "TXT s1._domainkey.birds.science": [OTHER],
        **{f"TXT _dmarc.{name}.science": ["v=DMARC1; p=reject"] for name in ("birds", "bees")},
    }
    environ = {"DIGEST_BOUNCES": f"bounces@{SENDER}"}
    found = results_of("lists", context_of(home, ScriptedDns(zone), environ))
    assert "own: DKIM: the key at s1._domainkey.birds.science is that of" in texts(
        found, CheckLevel.OK
    )
    (problem,) = texts(found).splitlines()
    assert problem.startswith(f"bare: DKIM: signed by {SENDER}, which does not vouch")
    assert "digest dkim new --list bare" in problem
    without = results_of("lists", context_of(home, ScriptedDns(zone)))
    assert "own: return path: no mail can come back to birds.science" in texts(without)
