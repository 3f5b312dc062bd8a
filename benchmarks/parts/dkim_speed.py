"""How fast messages are signed, and whether a verifier that is not ours agrees.

    python benchmarks/parts/dkim_speed.py [--packages DIR]

CPU time of dkimpy's signature (RSA, 2048 bits, relaxed/simple, the same headers) in times
ours, on a digest of the golden files, in one run. With --packages, messages of both kinds of
key are also given to Debian's opendkim, whose package is unpacked there and not installed.
Prints a line of JSON; exits with 1 if a signature is not verified.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import dkim
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks.common.relay.opendkim import unverified
from digest.mail.authentication import dkim_keys
from digest.mail.authentication.dkim_signer import SIGNED_HEADERS, Signer
from digest.mail.message import mime
from digest.mail.message.crlf import CrlfBytes

GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "data"
ROUNDS = 7


def sample_message() -> CrlfBytes:
    """The largest golden digest as a message."""
    html = max(GOLDEN.rglob("*.html"), key=lambda path: path.stat().st_size).read_text("utf-8")
    return mime.build_message(
        sender="Paper Digest <digest@example.org>",
        to="reader@example.net",
        subject="12 papers",
        html=html,
        text="The same, in plain text.\n" * 200,
        message_id="<2026-05-11.1.0123456789abcdef@example.org>",
        date=datetime(2026, 5, 11, 6, tzinfo=UTC),
        list_id="Paper Digest <digest.example.org>",
        headers={
            "List-Unsubscribe": f"<https://digest.example.org/u/{'t' * 34}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Feedback-ID": "2026-05-11:digest:0123456789ab",
        },
    )


def cpu(work: Callable[[], object], count: int) -> float:
    """The least CPU time of a call, in seconds, of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(count):
            work()
        best = min(best, (time.process_time() - began) / count)
    return best


def main() -> None:
    """Measures and prints a line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--packages", type=Path)
    options = parser.parse_args()
    message = sample_message()
    names = [name.encode() for name in SIGNED_HEADERS]
    found: dict[str, float | int] = {"bytes": len(message)}
    bad = 0
    for algorithm in ("rsa", "ed25519"):
        key = dkim_keys.generate_key(algorithm)
        record = dkim_keys.dns_record(key).encode()
        signer = Signer(domain="example.org", selector="digest", key=key)
        signed = [
            signer.sign(message),
            signer.sign(CrlfBytes(message.replace(b"12 papers", b"no paper"))),
        ]
        bad += sum(not dkim.verify(one, dnsfunc=lambda *_, **__: record) for one in signed)  # noqa: B023
        if options.packages:
            bad += unverified(
                signed,
                record=record.decode(),
                name="digest._domainkey.example.org",
                packages=options.packages,
            )
        found[f"{algorithm}_us"] = round(cpu(lambda: signer.sign(message), 200) * 1e6)  # noqa: B023
        if isinstance(key, dkim_keys.RsaKey):
            pem = key.private_key.private_bytes(
                Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
            )
            theirs = cpu(
                lambda: dkim.sign(
                    message,
                    b"digest",
                    b"example.org",
                    pem,  # noqa: B023
                    canonicalize=(b"relaxed", b"simple"),
                    include_headers=names,
                ),
                10,
            )
            found["dkimpy_rsa_us"] = round(theirs * 1e6)
            found["dkimpy_over_ours"] = round(theirs * 1e6 / found["rsa_us"], 1)
    print(json.dumps(found | {"unverified": bad, "by_opendkim": bool(options.packages)}))
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
