"""Settings for what comes back: the website, bounces and unsubscribe mails."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from digest.config.settings import validators
from digest.config.settings.delivery import HomeSettings


class InboundSettings(HomeSettings):
    """The website, bounces and unsubscribe mails."""

    base_url: Annotated[str, AfterValidator(validators.base_url)] | None = Field(
        default=None,
        # A line of a mail has at most 998 octets (RFC 5322), and a URL cannot be folded.
        max_length=500,
        description=(
            "The public address of `digest serve`, for unsubscribing with one click. It must"
            " begin with https; http is allowed for this machine only."
        ),
        examples=["https://digest.example.org"],
    )
    listen: Annotated[str, AfterValidator(validators.listen_at)] = Field(
        default="127.0.0.1:8025",
        description=(
            "The address and port on which `digest serve` listens. Put a web server with"
            " https in front of it."
        ),
        examples=["127.0.0.1:8025"],
    )
    bounces: Annotated[str, AfterValidator(validators.return_path)] | None = Field(
        default=None,
        description=(
            "The address to which bounces and unsubscribe mails are sent; `digest bounces`"
            " reads them. Each message adds a signed token to it: bounces+TOKEN@example.org,"
            " or in the place of a *. By default the sender's address, without a token."
        ),
        examples=["bounces@example.org"],
    )
    bounces_maildir: Annotated[Path, AfterValidator(validators.in_home)] | None = Field(
        default=None,
        description="The Maildir that receives the mail to DIGEST_BOUNCES.",
        examples=["/home/digest/Maildir"],
    )
    bounces_imap: Annotated[str, AfterValidator(validators.imap_url)] | None = Field(
        default=None,
        description=(
            "The IMAP folder that receives the mail to DIGEST_BOUNCES: imaps, or imap with"
            " STARTTLS. Write the @ of a user name as %40."
        ),
        examples=["imaps://bounces%40example.org@imap.example.org/INBOX"],
    )
    bounces_password: SecretStr | None = Field(
        default=None,
        description=(
            "The password at the IMAP server. It is never sent over an unencrypted connection."
        ),
        examples=["an app password"],
    )
    bounces_ca_file: Annotated[Path, AfterValidator(validators.in_home)] | None = Field(
        default=None,
        description="Certificates (PEM) of the private certificate authority of the IMAP server.",
        examples=["ca.pem"],
    )
