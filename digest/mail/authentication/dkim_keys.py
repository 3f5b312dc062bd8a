"""Key pairs for DKIM: made, read, and told to the world in a DNS record."""

import base64
import os
from dataclasses import dataclass
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

from digest.errors import SettingsError

RSA_BITS = 2048  # what every mail provider takes; longer keys need longer records
LEAST_BITS = 1024  # RFC 8301, 3.2

_STRING = 255  # octets of a string in a TXT record (RFC 1035, 3.3)
_PADDING = padding.PKCS1v15()
_SHA256 = hashes.SHA256()


@dataclass(frozen=True, slots=True, kw_only=True)
class RsaKey:
    """Signs with RSA (RFC 6376, 3.3.1)."""

    private: rsa.RSAPrivateKey
    algorithm: str = "rsa"

    def sign(self, data: bytes) -> bytes:
        """PKCS #1 v1.5 over the SHA-256 of the data."""
        return self.private.sign(data, _PADDING, _SHA256)

    @property
    def public(self) -> str:
        """The other half, as it stands in the record: base64."""
        der = self.private.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ed25519Key:
    """Signs with Ed25519 (RFC 8463)."""

    private: ed25519.Ed25519PrivateKey
    algorithm: str = "ed25519"

    def sign(self, data: bytes) -> bytes:
        """PureEdDSA over the SHA-256 of the data."""
        return self.private.sign(sha256(data).digest())

    @property
    def public(self) -> str:
        """The other half, as it stands in the record: base64."""
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.b64encode(raw).decode("ascii")


Key = RsaKey | Ed25519Key


def make(algorithm: str) -> Key:
    """A new key: `rsa` or `ed25519`."""
    if algorithm == "ed25519":
        return Ed25519Key(private=ed25519.Ed25519PrivateKey.generate())
    return RsaKey(private=rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS))


def write(key: Key, file: Path) -> None:
    """Writes the private key for nobody else to read.

    Raises:
        FileExistsError: there is such a file; it is left alone.
        OSError: it cannot be written.
    """
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(pem)


def read(file: Path) -> Key:
    """The private key in a PEM file.

    Raises:
        SettingsError: there is none that can be used; says why and what to do.
    """
    try:
        loaded = load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        raise SettingsError(
            f"DIGEST_DKIM_KEY: {file} cannot be read: {error.strerror};"
            " make a key with: digest dkim new"
        ) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: it is encrypted
        raise SettingsError(
            f"DIGEST_DKIM_KEY: {file} holds no private key in PEM without a password;"
            " make one with: digest dkim new"
        ) from error
    if isinstance(loaded, ed25519.Ed25519PrivateKey):
        return Ed25519Key(private=loaded)
    if isinstance(loaded, rsa.RSAPrivateKey) and loaded.key_size >= LEAST_BITS:
        return RsaKey(private=loaded)
    raise SettingsError(
        f"DIGEST_DKIM_KEY: {file}: DKIM takes RSA keys of {LEAST_BITS} bits and more, and"
        " Ed25519; make one with: digest dkim new"
    )


def record_name(*, selector: str, domain: str) -> str:
    """Where the record stands (RFC 6376, 3.6.2.1)."""
    return f"{selector}._domainkey.{domain}"


def record(key: Key) -> str:
    """What the TXT record says."""
    return f"v=DKIM1; k={key.algorithm}; p={key.public}"


def zone_line(name: str, text: str) -> str:
    """The record as a line of a zone file, in strings of at most 255 octets."""
    strings = (text[start : start + _STRING] for start in range(0, len(text), _STRING))
    return f"{name}. IN TXT ( " + " ".join(f'"{string}"' for string in strings) + " )"
