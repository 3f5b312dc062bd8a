"""Generates, stores and reads DKIM key pairs, and formats their DNS records."""

import base64
import os
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from msgspec import Struct

from digest.errors import SettingsError

RSA_BITS = 2048  # accepted by every mail provider; longer keys need longer records
MIN_RSA_BITS = 1024  # RFC 8301, 3.2

_MAX_STRING = 255  # octets of one string in a TXT record (RFC 1035, 3.3)
_PADDING = padding.PKCS1v15()
_SHA256 = hashes.SHA256()


class RsaKey(Struct, frozen=True, kw_only=True):
    """An RSA key (RFC 6376, 3.3.1)."""

    private_key: rsa.RSAPrivateKey
    algorithm: str = "rsa"

    def sign(self, data: bytes) -> bytes:
        """Returns a PKCS #1 v1.5 signature of the SHA-256 of the data."""
        return self.private_key.sign(data, _PADDING, _SHA256)

    @property
    def public_key(self) -> str:
        """The public key in base64, as the DNS record contains it."""
        der = self.private_key.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode("ascii")


class Ed25519Key(Struct, frozen=True, kw_only=True):
    """An Ed25519 key (RFC 8463)."""

    private_key: ed25519.Ed25519PrivateKey
    algorithm: str = "ed25519"

    def sign(self, data: bytes) -> bytes:
        """Returns a PureEdDSA signature of the SHA-256 of the data."""
        return self.private_key.sign(sha256(data).digest())

    @property
    def public_key(self) -> str:
        """The public key in base64, as the DNS record contains it."""
        raw = self.private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.b64encode(raw).decode("ascii")


Key = RsaKey | Ed25519Key


def generate_key(algorithm: str) -> Key:
    """Generates a new key.

    Args:
        algorithm: `rsa` or `ed25519`.
    """
    if algorithm == "ed25519":
        return Ed25519Key(private_key=ed25519.Ed25519PrivateKey.generate())
    return RsaKey(private_key=rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS))


def write_key(key: Key, file: Path) -> None:
    """Writes the private key to a new file that only its owner can read.

    Raises:
        FileExistsError: the file exists; it is not changed.
        OSError: the file cannot be written.
    """
    pem = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # O_EXCL and the mode at creation: nobody can read the key even for a moment.
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(pem)


def read_key(file: Path) -> Key:
    """Reads the private key from a PEM file.

    Raises:
        SettingsError: the file has no usable key; the message says why and what to do.
    """
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        raise SettingsError(
            f"DIGEST_DKIM_KEY: {file} cannot be read: {error.strerror};"
            " make a key with: digest dkim new"
        ) from error
    # TypeError: the key is encrypted.
    except (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
    ) as error:
        raise SettingsError(
            f"DIGEST_DKIM_KEY: {file} contains no private key in PEM without a password;"
            " make one with: digest dkim new"
        ) from error
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return Ed25519Key(private_key=key)
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= MIN_RSA_BITS:
        return RsaKey(private_key=key)
    raise SettingsError(
        f"DIGEST_DKIM_KEY: {file}: DKIM needs an RSA key of at least {MIN_RSA_BITS} bits, or an"
        " Ed25519 key; make one with: digest dkim new"
    )


def dns_record_name(*, selector: str, domain: str) -> str:
    """Returns the DNS name of the key record (RFC 6376, 3.6.2.1)."""
    return f"{selector}._domainkey.{domain}"


def dns_record(key: Key) -> str:
    """Returns the text of the TXT record for the public key (RFC 6376, 3.6.1)."""
    return f"v=DKIM1; k={key.algorithm}; p={key.public_key}"


def zone_line(name: str, text: str) -> str:
    """Formats the TXT record as a line of a zone file, in strings of at most 255 octets."""
    strings = (text[start : start + _MAX_STRING] for start in range(0, len(text), _MAX_STRING))
    return f"{name}. IN TXT ( " + " ".join(f'"{string}"' for string in strings) + " )"
