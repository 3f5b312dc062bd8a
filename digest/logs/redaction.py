"""Removes secrets, signed tokens and readers' addresses from text before it is logged.

Redaction is the last step before a line is written, because the exception of a library or the
reply of a mail server can contain a secret that no caller expected.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Collection, Iterable
from urllib.parse import quote, quote_plus

from digest.address_spellings import MASK, find_addresses

MIN_SECRET_LENGTH = 4  # characters; a shorter text is part of many ordinary words
_LONG_WORD = 8  # letters; a secret of fewer, and of letters alone, is hidden as a whole word only
# Passwords from documentation and defaults. To hide them would hide half of every line.
COMMON_WORDS = frozenset({"digest", "paper", "postgres", "password", "localhost", "example"})

_HIDDEN = "***"
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*-----|\Z)", re.DOTALL)
# The two token formats of digest.core.subscribers.signed_tokens: unsubscribe link, return path; then
# tokens of the HTTP API and secrets of webhooks (digest.core.access).
_TOKEN = re.compile(
    r"(?<![\w-])[\w-]{11}\.[\w-]{22}(?![\w-])|(?<![A-Za-z2-7])[A-Za-z2-7]{40}(?![A-Za-z2-7])"
    r"|pdt_[\w-]{43}|whsec_[A-Za-z0-9+/]{43}=?",
    re.ASCII,
)
# The end of a local part that was masked already.
_MASKED = re.compile(rf"{re.escape(MASK)}(?:#[0-9a-f]{{6}})?\Z")
# "#" and six hexadecimal digits follow the mask.
_LONGEST_MASKED = len(MASK) + 7
# The end of a word that can be an address of its own: in `to=ada` it is `ada`.
_NAME = re.compile(r"[^='/`{|\"*\\]+\Z")
_LONGEST_NAME = 64  # of a local part


class Redactor:
    """Replaces the secrets of this process, and masks addresses, in any text.

    Attributes:
        show_addresses: True if the operator asked to see addresses in full.
    """

    def __init__(self) -> None:
        self.show_addresses = False
        self._secret_forms: frozenset[str] = frozenset()
        self._secret_pattern: re.Pattern[str] | None = None
        self._public_addresses: frozenset[str] = frozenset()
        self._hash_key: bytes | None = None

    @property
    def secrets(self) -> Collection[str]:
        """The hidden secrets, in all forms; for a process that works for this one."""
        return self._secret_forms

    def add_secrets(self, *secrets: str) -> None:
        """Hides these secrets from now on, also when quoted, escaped or base64-encoded."""
        forms = self._secret_forms.union(*map(_written_forms, secrets))
        if forms != self._secret_forms:
            self._secret_forms = forms
            # A secret can contain another one: the longest is replaced first.
            longest_first = sorted(forms, key=lambda form: (-len(form), form))
            self._secret_pattern = re.compile("|".join(map(_pattern_of, longest_first)))

    def allow_addresses(self, *addresses: str) -> None:
        """Allows the installation's own addresses in the log: they belong to no reader."""
        lowered = (address.lower() for address in addresses)
        self._public_addresses = self._public_addresses.union(lowered)

    def set_hash_key(self, key: bytes) -> None:
        """Adds a keyed hash to masked addresses, so that one address can be followed in a log."""
        self._hash_key = key

    def without_secrets(self, text: str) -> str:
        """Returns the text with secrets and tokens replaced; addresses stay."""
        return _TOKEN.sub(_HIDDEN, self._without_registered_secrets(text))

    def _without_registered_secrets(self, text: str) -> str:
        if self._secret_pattern is not None:
            text = self._secret_pattern.sub(_HIDDEN, text)
        if "-----BEGIN" in text:
            text = _PEM.sub(_HIDDEN, text)
        return text

    def __call__(self, text: str, *, named: Iterable[str] = (), always: bool = False) -> str:
        """Returns the text with secrets replaced and addresses masked.

        Args:
            text: any text.
            named: addresses that the person who reads the text has typed, which stay visible.
            always: mask addresses even if the operator asked to see them, because the text
                is stored.
        """
        if self.show_addresses and not always:
            return self.without_secrets(text)
        text = self._without_registered_secrets(text)
        visible = self._public_addresses.union(address.lower() for address in named)
        pieces: list[str] = []
        end = 0
        for found in find_addresses(text):
            masked = self._masked(text[found.start : found.end], found.domain, visible)
            pieces += [text[end : found.start], masked]
            end = found.end
        # Last, because a token may begin with the digits of `%40`.
        return _TOKEN.sub(_HIDDEN, "".join([*pieces, text[end:]]))

    def _masked(self, local: str, domain: str, visible: frozenset[str]) -> str:
        masked = _MASKED.search(local, max(0, len(local) - _LONGEST_MASKED))
        # What precedes it is another text, or a part that was no secret.
        if masked:
            return masked[0]
        named = _NAME.search(local, max(0, len(local) - _LONGEST_NAME))
        name = named[0] if named else local
        address = f"{name}@{domain}".lower()
        if address in visible:
            # What precedes it may belong to the address of a reader.
            before = local[: len(local) - len(name)]
            return local if not re.search(r"[^\W_]", before) else f"{MASK}{name}"
        if self._hash_key is None:
            return MASK
        digest = hmac.new(self._hash_key, address.encode("utf-8", "replace"), hashlib.sha256)
        return f"{MASK}#{digest.hexdigest()[:6]}"


def _pattern_of(form: str) -> str:
    # A secret such as "short" would hide a part of "shorter".
    if form.isalpha() and len(form) < _LONG_WORD:
        return rf"(?<![^\W\d_]){re.escape(form)}(?![^\W\d_])"
    return re.escape(form)


def _written_forms(secret: str) -> set[str]:
    """Returns all spellings of a secret: as it is, URL-quoted, in JSON, in Python, in base64.

    Each line of a secret counts as a secret too, because messages quote single lines.
    """
    forms: set[str] = set()
    for part in {secret.strip(), *(line.strip() for line in secret.splitlines())}:
        if len(part) < MIN_SECRET_LENGTH or part.lower() in COMMON_WORDS:
            continue
        # Some programs leave out the padding.
        encoded = base64.b64encode(part.encode()).decode("ascii").rstrip("=")
        forms |= {part, quote(part, safe=""), quote(part), quote_plus(part), repr(part)[1:-1]}
        forms |= {json.dumps(part)[1:-1], json.dumps(part, ensure_ascii=False)[1:-1], encoded}
    return forms
