"""Settings for the readers' site: signing up and preferences."""

from ipaddress import ip_network
from typing import Annotated, Literal

from digest.config.email_addresses import check_line
from digest.config.settings.inbound import InboundSettings
from digest.config.settings.validators import PathInHome
from digest.config.tables.markers import CheckedBy, described
from digest.config.tables.text_values import SecretText
from digest.core.subscribers.email_addresses import ascii_domain, check_address
from digest.late_patterns import late_pattern

_FRAME = late_pattern(r"https?://(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[0-9]{1,5})?")


def _domain(name: str) -> str:
    known = ascii_domain(name)
    if known is None or "." not in known:
        raise ValueError(f"{name!r} is not a domain")
    return known.lower()


def _frame(text: str) -> str:
    # It goes into a header as it is.
    if not _FRAME.fullmatch(text.lower()):
        raise ValueError(f"{text!r} is no site such as https://lab.example.org")
    return text.lower()


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise ValueError(f"{text!r} is neither an IP address nor a network") from None


class SiteSettings(InboundSettings, frozen=True, kw_only=True):
    """The readers' site."""

    admin: Annotated[
        tuple[Annotated[str, CheckedBy(check_address)], ...],
        described(
            "The addresses of those who may use the operator's pages, BASE_URL/admin, with commas"
            " between them. They sign in by a mail. Without an address, there are no such pages.",
            example="admin@example.org",
        ),
    ] = ()
    signup: Annotated[
        Literal["closed", "invite", "open"],
        described(
            "Who may sign up on the site: nobody (closed), whoever has the word of"
            " DIGEST_SIGNUP_INVITATION (invite), or everybody (open).",
            example="open",
        ),
    ] = "closed"
    signup_invitation: Annotated[
        SecretText | None,
        described(
            "With DIGEST_SIGNUP=invite: the word in the link that you give to readers,"
            " BASE_URL/?invite=WORD. Change it to end all invitations.",
            example="a-word-of-your-own",
            min_length=8,
        ),
    ] = None
    signup_domains: Annotated[
        tuple[Annotated[str, CheckedBy(_domain)], ...],
        described(
            "Only addresses of these domains, and of domains below them, may sign up.",
            example="example.org, example.edu",
        ),
    ] = ()
    signup_blocked: Annotated[
        PathInHome,
        described(
            "A file with domains whose addresses may not sign up, one on each line, such as a"
            " list of providers of disposable addresses; domains below them may not either. It is"
            " read again when it has changed.",
            example="blocked-domains.txt",
        ),
    ] = None
    signup_topics: Annotated[
        tuple[Annotated[str, CheckedBy(check_line)], ...],
        described(
            "The lists that the site offers beside those of lists.toml, with commas between them:"
            " names of starter profiles, or profile files in the home. By default all starter"
            " profiles, if lists.toml offers no list.",
            example="nlp, robotics, groups/climate.toml",
        ),
    ] = ()
    signup_terms: Annotated[
        str,
        CheckedBy(check_line),
        described(
            "What readers must accept to sign up; a web address in it becomes a link. The"
            " wording is stored with the consent.",
            example="I accept the privacy notice at https://example.org/privacy",
            max_length=250,
        ),
    ] = ""
    signup_frames: Annotated[
        tuple[Annotated[str, CheckedBy(_frame)], ...],
        described(
            "Web sites that may show the short form in a frame: BASE_URL/embed, and"
            " BASE_URL/embed/NAME for a list that you offer.",
            example="https://lab.example.org, https://*.example.edu",
        ),
    ] = ()
    signup_hourly: Annotated[
        int,
        described(
            "How many messages to new or unknown addresses the site sends in an hour. More is"
            " an attack: the site then takes no requests for an hour, and tells the operator.",
            example="60",
            ge=1,
            le=100_000,
        ),
    ] = 60
    link_days: Annotated[
        int,
        described(
            "Days for which a link to the preferences may change topics and schedule. An older"
            " one may only pause and leave, and offers a fresh code by mail.",
            example="7",
            ge=0,
            le=366,
        ),
    ] = 7
    hand_over_profiles: Annotated[
        bool,
        described(
            "Whether readers whose digest comes from a profile file may change it on the site."
            " From the first change on, the digest is theirs, and the file does not count for it.",
            example="true",
        ),
    ] = False
    view_days: Annotated[
        int,
        described(
            'Days for which the link "View online" of a digest works. 0: as long as its papers are'
            " stored (DIGEST_KEEP_DAYS).",
            example="90",
            ge=0,
            le=36_600,
        ),
    ] = 0
    public_archive: Annotated[
        bool,
        described(
            "Whether everybody can read what the lists bring that the site offers: a page a day"
            " for each list, with feeds, which search engines may index.",
            example="true",
        ),
    ] = False
    trusted_proxies: Annotated[
        tuple[Annotated[str, CheckedBy(_network)], ...],
        described(
            "Addresses or networks of your web servers that add the client's address to"
            " X-Forwarded-For. Without them, requests from this machine have no limit for a"
            " network.",
            example="127.0.0.1, ::1",
        ),
    ] = ()
