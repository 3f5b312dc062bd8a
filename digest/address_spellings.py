r"""Finds e-mail addresses in any text, in the spellings that programs and mail servers use.

`digest.core` decides with the character set of this module which addresses are accepted, and
`digest.logs` and `digest.store` find with it what to mask and erase. So no address is accepted
that would not be found. It is a module of its own beside `digest.errors`, because `digest.core` and
`digest.logs` may not import each other.

These spellings of the `@` are found: `@`, `%40` (also encoded twice), `=40`, `&#64;`, `\u0040`,
`\x40`, ` at `, `(at)`, and those of the full width. Base64 is not.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

LOCAL_CHARACTERS = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~\-"
"""The characters of a local part besides the dot (atext in RFC 5322), for a class in a regex."""

MASK = "***"
"""Replaces a local part. No accepted address contains it, so masking twice changes nothing."""

_DOT = r"(?:\.|[%=]2E|\s{1,2}dot\s{1,2}|\s?[\[({<]\s?dot\s?[\])}>]\s?)"
# Names of files look like domains: `at sources.toml`. None of these endings is a top-level domain.
_FILE_ENDING = r"(?:toml|json|jsonl|html|xml|txt|mjml|csv|eml|db|env)\b"
# What must follow a sign that also has other meanings: labels, then one that begins with a letter.
_DOMAIN_FOLLOWS = rf"(?=localhost|(?:[^\W_][\w-]{{0,62}}{_DOT}){{1,8}}(?!{_FILE_ENDING})[^\W\d_])"
# The repetitions are bounded, so each position of a text takes constant time.
_AT = (
    "[@\uff20\ufe6b]|%(?:25){0,4}40|\\\\u0040|\\\\x40"
    r"|&(?:amp;)?#0{0,4}64;|&(?:amp;)?#x0{0,4}40;|&commat;"
    rf"|(?:=40|\s{{1,3}}at\s{{1,3}}|\s{{1,2}}@\s{{0,2}}"
    rf"|\s{{0,2}}[\[({{<]\s?(?:at|@)\s?[\])}}>]\s{{0,2}}){_DOMAIN_FOLLOWS}"
)
_SEPARATOR = re.compile(_AT, re.IGNORECASE)
_DOMAIN = re.compile(r"[\w.-]{1,253}")
# A backslash belongs to an escaped character, such as `\u0027`.
_WORD_CHARACTER = re.compile(rf"[{LOCAL_CHARACTERS}.\\]|[^\x00-\x7f\s]")
_ENTITY = re.compile(r"&[#\w]{1,8};\Z")
_QUOTED = re.compile(r'"[^":,<>()\[\]\s]{1,64}"\Z')
_LONGEST_ENTITY, _LONGEST_QUOTED = 10, 66


class FoundAddress(Struct, frozen=True):
    """Where the local part of an address begins and ends in a text, and its domain."""

    start: int
    end: int
    domain: str  # may be empty, or cut


def find_addresses(text: str) -> Iterator[FoundAddress]:
    """Finds everything that may be an address, from left to right.

    A local part begins where no character of a local part precedes. So in `to=ada@example.org` it
    is `to=ada`, and in `kurt%40lab@example.org` it is `kurt%40lab`: both are valid addresses.
    """
    last: FoundAddress | None = None
    begin = 0
    for separator in _SEPARATOR.finditer(text):
        end = separator.start()
        start = _word_start(text, begin, end)
        # `https://example.com/@name` is no address: a local part must not end in a slash.
        is_address = text[end - 1 : end] != "/"
        if last is not None and start == begin and is_address:
            start = last.start
        elif last is not None:
            yield from _if_address(text, last)
        begin = separator.end()
        domain = _DOMAIN.match(text, begin)
        last = FoundAddress(start, end, domain[0].strip(".") if domain else "")
    if last is not None:
        yield from _if_address(text, last)


def _if_address(text: str, found: FoundAddress) -> Iterator[FoundAddress]:
    if found.start < found.end and text[found.end - 1] != "/":
        yield found


def _word_start(text: str, begin: int, end: int) -> int:
    """Returns where the word that ends at `end` begins, at `begin` or later."""
    quoted = _QUOTED.search(text, max(begin, end - _LONGEST_QUOTED), end)
    start = quoted.start() if quoted else end
    while start > begin:
        if _WORD_CHARACTER.match(text, start - 1):
            start -= 1
            continue
        entity = text[start - 1] == ";" and _ENTITY.search(
            text, max(begin, start - _LONGEST_ENTITY), start
        )
        if not entity:
            break
        start = entity.start()
    return start


def spellings(local_part: str, *, domains: frozenset[str] | None = None) -> re.Pattern[str]:
    """Returns the pattern of a known local part, where a spelling of the `@` follows it.

    Args:
        local_part: as in an accepted address.
        domains: the spellings of the domain that must follow; None: any domain may follow.
    """
    # A letter or digit before it makes it the end of another local part, unless both are a code.
    before = (
        r"(?:(?<![A-Za-z0-9])|(?<=[%=][0-9A-Fa-f]{2})|(?<=\\x[0-9A-Fa-f]{2})"
        r"|(?<=\\u[0-9A-Fa-f]{4})|(?<=\\[nrt]))"
    )
    local = "".join(map(_spelled, local_part))
    # `ada=example.org@relay.example` is the form of a return path.
    sign = rf'(?:\\?"|&quot;)?(?:{_AT}|=(?=[\w-]{{1,63}}\.)|[_-]at[_-](?=[\w-]{{1,63}}[._]))'
    follows = sign
    if domains is not None:
        names = "|".join("".join(map(_spelled, domain)) for domain in sorted(domains))
        follows += rf"(?:{names})(?![\w-]|\.\w)"
    return re.compile(rf"{before}{local}(?={follows})", re.IGNORECASE)


def _spelled(character: str) -> str:
    """Returns the pattern of one character, as it is or encoded."""
    if character.isalnum():
        return re.escape(character)
    code = ord(character)
    forms = [
        rf"\\?{re.escape(character)}",
        f"%(?:25){{0,4}}{code:02x}",
        f"={code:02x}",
        f"&(?:amp;)?#0{{0,4}}{code};",
        f"&(?:amp;)?#x0{{0,4}}{code:x};",
        rf"\\u{code:04x}",
        rf"\\x{code:02x}",
    ]
    forms += {".": [_DOT], "'": ["&apos;"], "&": ["&amp;"]}.get(character, [])
    return f"(?:{'|'.join(forms)})"
