"""What must not be read in a log: secrets, tokens that act, and whose mail it is about.

Text is veiled last, when a line is ready to be written: an exception of a library, or the words
of a mail server, may hold what nobody thought of.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

SHORTEST = 4  # characters; what is shorter is no secret, and stands in every other word
# Passwords that hide nothing: covering them would cover half of every line.
NO_SECRETS = frozenset({"digest", "paper", "postgres", "password", "localhost", "example"})

_HIDDEN = "***"
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*-----|\Z)", re.DOTALL)
# The shapes of digest.core.links: a link to unsubscribe, and a return path.
_TOKEN = re.compile(
    r"(?<![\w-])[\w-]{11}\.[\w-]{22}(?![\w-])|(?<![A-Za-z2-7])[A-Za-z2-7]{40}(?![A-Za-z2-7])",
    re.ASCII,
)
# Not the login in an address of a server, `//user@host`.
_ADDRESS = re.compile(
    r"(?<!//)(?<![\w.+%-])(\w[\w.!#$*+^`~-]*)(@|%40)"
    r"(\w(?:[\w-]*\w)?(?:\.\w(?:[\w-]*\w)?)*)"
)
_MASKED = re.compile(r".\*\*\*(#[0-9a-f]{6})?")


class Redactor:
    """Knows the secrets of this process, and covers them wherever they stand.

    `addresses` is true where somebody asked to see them whole.
    """

    def __init__(self) -> None:
        self.addresses = False
        self._forms: frozenset[str] = frozenset()
        self._secrets: re.Pattern[str] | None = None
        self._own: frozenset[str] = frozenset()
        self._key: bytes | None = None

    def conceal(self, *secrets: str) -> None:
        """From here on these stand nowhere, in none of the forms that programs write them in."""
        forms = self._forms.union(*map(_forms, secrets)) if secrets else self._forms
        if forms != self._forms:
            self._forms = forms
            longest_first = sorted(forms, key=lambda form: (-len(form), form))
            self._secrets = re.compile("|".join(map(re.escape, longest_first)))

    def own(self, *addresses: str) -> None:
        """The installation's own addresses are shown: they are no reader's."""
        self._own = self._own.union(address.lower() for address in addresses)

    def follow(self, key: bytes) -> None:
        """From here on a masked address has a keyed hash, to be followed through a log by."""
        self._key = key

    def without_secrets(self, text: str) -> str:
        """The text without secrets and tokens; addresses stay."""
        if self._secrets is not None:
            text = self._secrets.sub(_HIDDEN, text)
        if "-----BEGIN" in text:
            text = _PEM.sub(_HIDDEN, text)
        return _TOKEN.sub(_HIDDEN, text)

    def __call__(self, text: str, *, named: Iterable[str] = (), always: bool = False) -> str:
        """The text as it may be written.

        Args:
            text: anything.
            named: addresses that whoever reads it has named himself.
            always: mask addresses though somebody asked to see them: the text is kept.
        """
        text = self.without_secrets(text)
        if (self.addresses and not always) or not ("@" in text or "%40" in text):
            return text
        plain = self._own.union(address.lower() for address in named)
        return _ADDRESS.sub(lambda found: self._masked(found, plain), text)

    def _masked(self, found: re.Match[str], plain: frozenset[str]) -> str:
        local, at, domain = found.groups()
        address = f"{local}@{domain}".lower()
        if address in plain or _MASKED.fullmatch(local):
            return found.group()
        mark = ""
        if self._key is not None:
            mark = f"#{hmac.new(self._key, address.encode(), hashlib.sha256).hexdigest()[:6]}"
        return f"{local[0]}***{mark}{at}{domain}"


def _forms(secret: str) -> set[str]:
    """As it is, in an address of the web, in JSON, in a literal, in base64; each of its lines."""
    forms: set[str] = set()
    for part in {secret.strip(), *(line.strip() for line in secret.splitlines())}:
        if len(part) < SHORTEST or part.lower() in NO_SECRETS:
            continue
        coded = base64.b64encode(part.encode()).decode("ascii").rstrip("=")
        forms |= {part, quote(part, safe=""), quote(part), quote_plus(part), repr(part)[1:-1]}
        forms |= {json.dumps(part)[1:-1], json.dumps(part, ensure_ascii=False)[1:-1], coded}
    return forms
