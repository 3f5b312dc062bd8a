"""Defines the keys of a profile file that say what the message is like, whatever its papers."""

from typing import Annotated, Literal

from digest.config.tables.markers import CheckedBy, described
from digest.late_patterns import late_pattern

_LANGUAGE_CODE = late_pattern(r"[A-Za-z]{2,3}([_-][A-Za-z]{2,4})?")


def language_code(text: str) -> str:
    """Returns the code of a language as catalogues are named, such as `pt_BR` for `pt-br`.

    Raises:
        ValueError: it is no code of a language.
    """
    if not _LANGUAGE_CODE.fullmatch(text):
        raise ValueError(f'{text!r} is not the code of a language, such as "de" or "pt_BR"')
    language, _, rest = text.replace("-", "_").partition("_")
    if not rest:
        return language.lower()
    return f"{language.lower()}_{rest.upper() if len(rest) == 2 else rest.capitalize()}"


LanguageCode = Annotated[str, CheckedBy(language_code)]

WhenEmpty = Annotated[
    Literal["skip", "send"],
    described(
        "On a day without a matching paper: skip the digest, or send one that says so.",
        example="skip",
    ),
]
Trending = Annotated[
    int,
    described("How many popular papers that match no topic are added.", example=3, ge=0, le=20),
]
HowMuch = Annotated[
    Literal["titles", "short", "full"],
    described(
        "How much of each paper is shown: titles alone; a sentence for the best papers; or some"
        " sentences for every paper.",
        example="short",
    ),
]
Attached = Annotated[
    Literal["none", "bibtex", "ris"],
    described(
        "Attach the papers of each digest as a file for a reference manager.", example="bibtex"
    ),
]
Pictures = Annotated[
    bool,
    described("Show the picture of the first paper, if the theme has pictures.", example=True),
]
Look = Annotated[
    Literal["usual", "calm", "compact", "playful"],
    described(
        "The look of the messages: that of the installation, or a built-in theme.",
        example="compact",
    ),
]
MailLanguage = Annotated[
    str | None,
    CheckedBy(language_code),
    described(
        "The language of the messages and pages for this reader, such as en or de; if absent, the one"
        " of DIGEST_LANGUAGE. It has nothing to do with the language of papers and keywords.",
        example="de",
    ),
]


def _channel(name: str) -> str:
    from digest.config.channels.tables import channel_name  # here: few profiles name a channel

    return channel_name(name)


DeliverTo = Annotated[
    str | None,
    CheckedBy(_channel),
    described(
        "The name of a channel of channels.toml, to which the digest goes in place of mail; or rss,"
        " for the feed of the digest on the site alone.",
        example="team-chat",
        max_length=60,
    ),
]
