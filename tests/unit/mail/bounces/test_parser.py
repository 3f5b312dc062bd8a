"""Every documented kind of incoming message is recognised, and no bytes cause an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples.bounces import ID, PATH, SAMPLES, Sample, dsn

from digest.core.mime_reader import MAX_BYTES
from digest.mail.bounces.parser import parse
from digest.mail.bounces.status_codes import BounceKind, kind_of_status

BY_NAME = {sample.name: sample for sample in SAMPLES}


def name(sample: Sample) -> str:
    return sample.name


def test_there_are_many_different_samples() -> None:
    assert len(SAMPLES) >= 60
    assert len(BY_NAME) == len(SAMPLES) == len({sample.text for sample in SAMPLES})


@pytest.mark.parametrize("sample", SAMPLES, ids=name)
def test_each_kind_of_message_is_recognised(sample: Sample) -> None:
    assert parse(sample.message()).kind == sample.kind


@pytest.mark.parametrize(
    "sample", [item for item in SAMPLES if item.status and item.kind != "delivered"], ids=name
)
def test_the_status_is_from_the_report_or_from_the_words(sample: Sample) -> None:
    assert parse(sample.message()).failures[0].status == sample.status


@pytest.mark.parametrize(
    "sample", [item for item in SAMPLES if item.kind in {"hard", "soft", "blocked", "complaint"}], ids=name
)  # fmt: skip
def test_the_recipient_is_found(sample: Sample) -> None:
    assert parse(sample.message()).addresses == (sample.address,)


@pytest.mark.parametrize("sample", SAMPLES, ids=name)
@pytest.mark.parametrize("ends", [b"\r\n", b"\r"], ids=["CRLF", "CR"])
def test_line_ends_make_no_difference(sample: Sample, ends: bytes) -> None:
    message = sample.message()
    assert parse(message.replace(b"\n", ends)) == parse(message)


@pytest.mark.parametrize("sample", SAMPLES, ids=name)
def test_the_return_path_that_it_was_sent_to_is_found(sample: Sample) -> None:
    path = "bounces+abc@example.org"
    assert path in parse(sample.message(path=path)).sent_to


def test_the_id_and_the_unsubscribe_link_of_the_returned_message_are_found() -> None:
    link = "mailto:b@example.org?subject=unsubscribe%20AAAAAAAAAAE.AAAAAAAAAAAAAAAAAAAAAA"
    for sample in (BY_NAME["dsn unknown user"], BY_NAME["text qmail"], BY_NAME["arf abuse"]):
        bounce = parse(sample.message(link=link))
        assert bounce.message_ids == (ID,)
        assert bounce.tokens == ("AAAAAAAAAAE.AAAAAAAAAAAAAAAAAAAAAA",)
        assert PATH in bounce.sent_to


def test_a_link_in_a_returned_message_is_not_an_unsubscribe_request() -> None:
    link = "mailto:b@example.org?subject=unsubscribe%20AAAAAAAAAAE.AAAAAAAAAAAAAAAAAAAAAA"
    for sample in SAMPLES:
        bounce = parse(sample.message(link=link))
        assert bool(bounce.unsubscribe_token) == (sample.kind == "unsubscribe")


def test_several_recipients_are_reported_one_by_one() -> None:
    second = "\n\nFinal-Recipient: rfc822; bob@reader.example\nAction: failed\nStatus: 5.2.2\n\n"
    sample = dsn("two", "hard", "5.1.1" + second)
    kinds = {item.address: item.kind for item in parse(sample.message()).failures}
    assert kinds == {"ada@reader.example": BounceKind.HARD, "bob@reader.example": BounceKind.SOFT}


@pytest.mark.parametrize(
    "status, kind",
    [
        ("5.1.1", BounceKind.HARD),
        ("5.1.99", BounceKind.HARD),
        ("5.2.1", BounceKind.HARD),
        ("5.2.2", BounceKind.SOFT),
        ("5.1.7", BounceKind.BLOCKED),
        ("5.1.8", BounceKind.BLOCKED),
        ("5.7.1", BounceKind.BLOCKED),
        ("4.1.1", BounceKind.SOFT),
        ("4.7.1", BounceKind.SOFT),
        ("5.4.4", BounceKind.SOFT),
        ("", BounceKind.SOFT),
    ],
)
def test_only_the_status_of_a_missing_mailbox_is_hard(status: str, kind: BounceKind) -> None:
    assert kind_of_status(status) is kind


def test_a_version_or_an_ip_address_is_not_a_status() -> None:
    text = "Microsoft SMTPSVC(5.1.2195.6713) at 5.1.1.1 could not deliver to ada@reader.example"
    sample = BY_NAME["text Postfix, text alone"].text.partition("\n\n")[0]
    (failure,) = parse(f"{sample}\n\n{text}\n".encode()).failures
    assert failure.status == ""


def test_a_report_of_success_keeps_its_status() -> None:
    for name, status in (("delivered", "2.0.0"), ("relayed", "2.1.9")):
        assert parse(BY_NAME[f"dsn {name}"].message()).failures[0].status == status


def test_a_field_about_the_whole_report_is_not_about_its_recipient() -> None:
    plain = BY_NAME["dsn brackets and no type"].message()
    report = plain.replace(b"Reporting-MTA:", b"Status: 4.0.0\nReporting-MTA:")
    (failure,) = parse(report).failures
    assert (failure.address, failure.status) == ("ada@reader.example", "5.1.1")


@pytest.mark.parametrize(
    "text, kind",
    [
        ("<ada@reader.example>: 550 no such user", BounceKind.HARD),
        ("<ada@reader.example>: (#5.1.1)", BounceKind.HARD),
        ("<ada@reader.example>: could not be sent, user unknown", BounceKind.SOFT),
        ("<ada@reader.example>: 550 listed by a spam block list", BounceKind.BLOCKED),
    ],
)
def test_a_text_of_unknown_form_to_a_return_path_is_hard_only_with_a_code(
    text: str, kind: BounceKind
) -> None:
    message = f"From: gateway@carrier.example\nTo: b@example.org\nSubject: SMS\n\n{text}\n".encode()
    assert parse(message).kind is BounceKind.OTHER
    found = parse(message, is_return_path=lambda path: path == "b@example.org")
    assert (found.kind, found.is_by_return_path) == (kind, True)
    assert found.addresses == ("ada@reader.example",)


def test_a_report_in_base64_is_read() -> None:
    plain = BY_NAME["dsn unknown user"].message()
    head, mark, rest = plain.partition(b"Content-Type: message/delivery-status\n\n")
    report, _, tail = rest.partition(b"--B\n")
    import base64

    coded = b"Content-Transfer-Encoding: base64\n" + mark + base64.encodebytes(report)
    (failure,) = parse(head + coded + b"--B\n" + tail).failures
    assert (failure.address, failure.status) == ("ada@reader.example", "5.1.1")


def test_the_fingerprint_ignores_headers_that_relays_add() -> None:
    message = BY_NAME["dsn unknown user"].message()
    again = b"Delivered-To: b@example.org\nReceived: from a by b\n" + message
    assert parse(again).fingerprint == parse(message).fingerprint
    assert parse(message + b"more").fingerprint != parse(message).fingerprint


def test_bytes_without_headers_are_not_a_message() -> None:
    for data in (b"", b"\0\0\0", b"just words\n", b"\n\n\n"):
        assert parse(data).kind is BounceKind.UNREADABLE


def test_deeply_nested_and_very_long_messages_are_read() -> None:
    deep = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(3000)
    )
    assert parse(deep).kind is BounceKind.OTHER
    many = b'From: a@b.c\nContent-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * 100_000
    assert parse(many).kind is BounceKind.OTHER
    assert parse(b"Subject: " + b"x" * (3 * MAX_BYTES)).kind is BounceKind.OTHER


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    parse(data)


@given(st.sampled_from(SAMPLES), st.integers(0, 3000), st.integers(0, 400), st.binary(max_size=40))
def test_a_damaged_message_is_read_without_an_error(
    sample: Sample, place: int, length: int, data: bytes
) -> None:
    message = sample.message()
    parse(message[:place] + data + message[place + length :])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["Content-Type", "Content-Transfer-Encoding", "From", "Subject", "To", "Return-Path",
                 "Auto-Submitted", "X-Failed-Recipients", "Message-ID", "In-Reply-To"]
            ),
            st.one_of(
                st.text(max_size=60),
                st.sampled_from(
                    ["text/plain; charset=hex", "multipart/report; boundary=", "base64", "=?x?q?=00?=",
                     "multipart/mixed; boundary*0=a; boundary*2=b", "text/plain; charset*=%''x",
                     "message/delivery-status", "=?utf-8?b?a?=", "quoted-printable"]
                ),
            ),
        )
    ),
    st.text(max_size=300),
)  # fmt: skip
def test_any_headers_are_read_without_an_error(headers: list[tuple[str, str]], body: str) -> None:
    lines = "".join(f"{key}: {value}\n" for key, value in headers)
    parse(f"{lines}\n{body}".encode("utf-8", "surrogatepass"))
