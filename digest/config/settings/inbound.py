"""Settings for what comes back: the website, bounces and unsubscribe mails."""

from typing import Annotated

from digest.config.settings import validators
from digest.config.settings.delivery import DeliverySettings
from digest.config.settings.validators import PathInHome
from digest.config.tables.markers import CheckedBy, described
from digest.config.tables.text_values import SecretText


class InboundSettings(DeliverySettings, frozen=True, kw_only=True):
    """The website, bounces and unsubscribe mails."""

    base_url: Annotated[
        str | None,
        CheckedBy(validators.base_url),
        described(
            "The public address of `digest serve`, for unsubscribing with one click. It must"
            " begin with https; http is allowed for this machine only.",
            example="https://digest.example.org",
            # A line of a mail has at most 998 octets (RFC 5322), and a URL cannot be folded.
            max_length=500,
        ),
    ] = None
    listen: Annotated[
        str,
        CheckedBy(validators.listen_at),
        described(
            "The address and port on which `digest serve` listens. Put a web server with"
            " https in front of it.",
            example="127.0.0.1:8025",
        ),
    ] = "127.0.0.1:8025"
    bounces: Annotated[
        str | None,
        CheckedBy(validators.return_path),
        described(
            "The address to which bounces and unsubscribe mails are sent; `digest bounces`"
            " reads them. Each message adds a signed token to it: bounces+TOKEN@example.org,"
            " or in the place of a *. By default the sender's address, without a token.",
            example="bounces@example.org",
        ),
    ] = None
    bounces_maildir: Annotated[
        PathInHome,
        described(
            "The Maildir that receives the mail to DIGEST_BOUNCES.", example="/home/digest/Maildir"
        ),
    ] = None
    bounces_imap: Annotated[
        str | None,
        CheckedBy(validators.imap_url),
        described(
            "The IMAP folder that receives the mail to DIGEST_BOUNCES: imaps, or imap with"
            " STARTTLS. Write the @ of a user name as %40.",
            example="imaps://bounces%40example.org@imap.example.org/INBOX",
        ),
    ] = None
    bounces_password: Annotated[
        SecretText | None,
        described(
            "The password at the IMAP server. It is never sent over an unencrypted connection.",
            example="an app password",
        ),
    ] = None
    bounces_ca_file: Annotated[
        PathInHome,
        described(
            "Certificates (PEM) of the private certificate authority of the IMAP server.",
            example="ca.pem",
        ),
    ] = None
