"""Webhooks: signatures by the specification, pauses, and addresses that are refused."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from digest.core.access.webhooks import (
    GIVE_UP_AFTER,
    MAX_FAILURES,
    WebhookEvent,
    WebhookMessage,
    check_url,
    next_attempt,
    secret_text,
    signed_headers,
)

NOW = datetime(2021, 2, 25, 15, 2, 10, tzinfo=UTC)


def test_the_signature_is_that_of_the_example_in_the_specification() -> None:
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        now=datetime.fromtimestamp(1614265330, UTC),
    )
    assert headers == {
        "Content-Type": "application/json",
        "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "Webhook-Timestamp": "1614265330",
        "Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_message_that_is_changed_has_another_signature() -> None:
    secret = secret_text(bytes(32))
    one = signed_headers("sent-1", b"{}", secret=secret, now=NOW)["Webhook-Signature"]
    for number, body, now in (
        ("sent-2", b"{}", NOW),
        ("sent-1", b"[]", NOW),
        ("sent-1", b"{}", NOW + timedelta(seconds=1)),
    ):
        assert signed_headers(number, body, secret=secret, now=now)["Webhook-Signature"] != one
    expected = hmac.new(bytes(32), b"sent-1.%d.{}" % NOW.timestamp(), hashlib.sha256).digest()
    assert one == f"v1,{base64.b64encode(expected).decode()}"


def test_the_same_event_gives_the_same_bytes() -> None:
    message = WebhookMessage(
        message_id="sent-1", event=WebhookEvent.SENT, at=NOW, data={"edition": 1, "reader": 2}
    )
    assert message.body() == (
        b'{"data":{"edition":1,"reader":2},"timestamp":"2021-02-25T15:02:10+00:00","type":"sent"}'
    )


def test_the_pauses_grow_and_end_after_about_three_days() -> None:
    waits = [next_attempt(failures, now=NOW) for failures in range(1, MAX_FAILURES)]
    pauses = [wait - NOW for wait in waits if wait is not None]
    assert pauses == sorted(pauses)
    assert GIVE_UP_AFTER <= sum(pauses, timedelta()) <= GIVE_UP_AFTER + timedelta(hours=12)
    assert next_attempt(MAX_FAILURES, now=NOW) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.org/x",
        "http://hooks.example.org:8080/x?y=1",
        " https://93.184.215.14/ ",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
    ],
)
def test_a_public_address_is_accepted(url: str) -> None:
    assert check_url(url) == url.strip()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.org",
        "ftp://hooks.example.org/",
        "https:///x",
        "https://user:secret@hooks.example.org/",
        "https://localhost/",
        "https://api.internal/",
        "http://127.0.0.1/",
        "http://10.1.2.3/",
        "http://169.254.169.254/latest",
        "http://224.0.0.1/",
        "http://168.63.129.16/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "https://hooks.example.org:0/",
        "https://hooks.example.org:99999/",
        "https://hooks.example.org/ x",
        "https://hööks.example.org/",
        "https://hooks.example.org/" + "x" * 500,
        "http://[::1",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"is |contains|there"):
        check_url(url)
