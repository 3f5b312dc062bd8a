"""Settings for sending messages: transport, mail server, sender, DKIM."""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from digest.config.email_addresses import NamedAddress
from digest.config.settings import validators
from digest.config.settings.validators import PathInHome, Seconds
from digest.config.tables.markers import CheckedBy, Table, described
from digest.config.tables.text_values import SecretText
from digest.core.subscribers.email_addresses import check_address

SMTP_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class HomeSettings(Table, frozen=True, kw_only=True):
    """The base of all settings classes: the home folder.

    Each group of settings is the base of the next one: a record has at most one base with fields.
    """

    home: Annotated[Path, Meta(description="The home folder, as an absolute path.")]


class DeliverySettings(HomeSettings, frozen=True, kw_only=True):
    """Sending: the mail server and the sender."""

    smtp_host: Annotated[
        str | None,
        CheckedBy(validators.host),
        described(
            "The mail server that sends the digests. With DIGEST_DELIVERY=smtp, nothing is"
            " sent without it.",
            example="smtp.example.org",
        ),
    ] = None
    smtp_security: Annotated[
        Literal["starttls", "tls", "none"],
        described(
            "How the connection is encrypted: starttls, tls (from the start) or none.",
            example="starttls",
        ),
    ] = "starttls"
    smtp_port: Annotated[
        int,
        described(
            "The port of the mail server; by default 587 for starttls, 465 for tls and 25 for none.",
            example="587",
            ge=1,
            le=65535,
        ),
    ] = 0  # `load` replaces it by the usual port
    smtp_user: Annotated[
        str | None,
        described(
            "The user name at the mail server. It needs a password.", example="digest@example.org"
        ),
    ] = None
    smtp_password: Annotated[
        SecretText | None,
        described(
            "The password at the mail server. It is never sent over an unencrypted connection.",
            example="an app password",
        ),
    ] = None
    smtp_allow_plaintext: Annotated[
        bool,
        described(
            "Allow an unencrypted connection (DIGEST_SMTP_SECURITY=none) to a mail server on"
            " another machine.",
            example="false",
        ),
    ] = False
    smtp_ca_file: Annotated[
        PathInHome,
        described(
            "Certificates (PEM) of a private certificate authority to trust, relative to the home.",
            example="ca.pem",
        ),
    ] = None
    smtp_timeout_connect: Annotated[
        Seconds,
        described(
            "Seconds to wait for the connection to the mail server and for its greeting.",
            example="30",
        ),
    ] = 30.0
    smtp_timeout: Annotated[
        Seconds,
        described("Seconds to wait for each answer of the mail server.", example="60"),
    ] = 60.0
    # The values of this and of the next setting are those of RFC 5321, section 4.5.3.2.
    smtp_timeout_data: Annotated[
        Seconds,
        described(
            "Seconds in which the mail server must accept each part of a message.", example="180"
        ),
    ] = 180.0
    smtp_timeout_dot: Annotated[
        Seconds,
        described(
            "Seconds to wait for the answer to the end of a message. With less than 600, a"
            " message may be sent twice.",
            example="600",
        ),
    ] = 600.0
    smtp_connections: Annotated[
        int,
        described(
            "Number of connections to the mail server at the same time.", example="4", ge=1, le=64
        ),
    ] = 4
    # "Letters" is an old word for messages. The name of the variable stays, as it is in `.env`
    # files.
    smtp_connection_letters: Annotated[
        int,
        described(
            "Number of messages after which a connection is replaced by a new one.",
            example="100",
            ge=1,
        ),
    ] = 100
    smtp_connection_seconds: Annotated[
        float,
        described(
            "Seconds after which a connection is replaced by a new one.", example="300", gt=0
        ),
    ] = 300.0
    smtp_rate: Annotated[
        float | None,
        described(
            "Messages per minute to this mail server, over all connections and processes. By"
            " default there is no limit.",
            example="60",
            gt=0,
        ),
    ] = None
    render_processes: Annotated[
        int | None,
        described(
            "Number of processes that render and sign messages; 1 means the sending process"
            " itself. By default it uses all cores if at least 5,000 digests wait; a worker (`digest"
            " worker`) renders by itself.",
            example="2",
            ge=1,
            le=64,
        ),
    ] = None
    delivery: Annotated[
        str,
        CheckedBy(validators.delivery),
        described(
            "How messages are sent: smtp, maildir:FOLDER, file:FOLDER (as .eml files) or"
            " sendmail:PROGRAM.",
            example="maildir:mail",
        ),
    ] = "smtp"
    in_doubt: Annotated[
        Literal["resend", "hold"],
        described(
            "What happens to a message if nobody knows whether it arrived: resend (the reader"
            " may get it twice) or hold (until `digest deliver --release` or `--drop`).",
            example="resend",
        ),
    ] = "resend"
    max_lateness_hours: Annotated[
        float,
        described(
            "Hours after which a digest that could not be sent is not sent any more.",
            example="48",
            gt=0,
            le=24 * 366,
        ),
    ] = 48.0
    from_: Annotated[
        NamedAddress | None,
        described(
            "The sender of the digests. Without it nothing is sent.",
            example="Paper Digest <digest@example.org>",
        ),
    ] = None
    reply_to: Annotated[
        str | None,
        CheckedBy(check_address),
        described(
            "The address for replies; by default the address of the sender.",
            example="ada@example.org",
        ),
    ] = None
    dkim_key: Annotated[
        PathInHome,
        described(
            "The file with the private key that signs the digests (DKIM); `digest dkim new`"
            " creates one. By default the program does not sign, and leaves this to the mail"
            " server.",
            example="dkim-digest.pem",
        ),
    ] = None
    dkim_selector: Annotated[
        str,
        CheckedBy(validators.dns_name),
        described(
            "The name of the key: its DNS record is SELECTOR._domainkey.DOMAIN.", example="digest"
        ),
    ] = "digest"
    dkim_domain: Annotated[
        str | None,
        CheckedBy(validators.dns_name),
        described(
            "The domain for which the key signs; by default the domain of DIGEST_FROM.",
            example="example.org",
        ),
    ] = None

    @property
    def uses_local_relay(self) -> bool:
        """Whether messages go to a program or server on this machine, which sends them further."""
        if self.delivery != "smtp":
            return self.delivery.startswith("sendmail:")
        return bool(self.smtp_host and validators.LOOPBACK.fullmatch(self.smtp_host))

    def check(self) -> None:
        """Checks the settings that belong together."""
        super().check()
        if self.smtp_password and self.smtp_security == "none":
            raise validators.refusal(
                "smtp_password",
                "the password would be sent without encryption, because DIGEST_SMTP_SECURITY is none;"
                " write starttls or tls there, or remove the user and the password",
            )
        if self.smtp_password and not self.smtp_user:
            raise validators.refusal(
                "smtp_user", "missing, although DIGEST_SMTP_PASSWORD is set; set both"
            )
        if self.smtp_user and not self.smtp_password:
            raise validators.refusal(
                "smtp_password", "missing, although DIGEST_SMTP_USER is set; set both"
            )
        remote = self.smtp_host and not validators.LOOPBACK.fullmatch(self.smtp_host)
        if remote and self.smtp_security == "none" and not self.smtp_allow_plaintext:
            raise validators.refusal(
                "smtp_security",
                f"none would send mail to {self.smtp_host} unencrypted; write starttls or tls, or"
                " allow it with DIGEST_SMTP_ALLOW_PLAINTEXT=true",
            )
