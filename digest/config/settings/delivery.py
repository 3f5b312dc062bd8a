"""Settings for sending messages: transport, mail server, sender, DKIM."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from digest.config.email_addresses import NamedAddress
from digest.config.settings import validators
from digest.config.settings.validators import Seconds
from digest.core.subscribers.email_addresses import check_address

SMTP_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class HomeSettings(BaseModel):
    """The base of all settings classes: strict, and with the home folder."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_default=True,
        str_strip_whitespace=True,
        defer_build=True,  # only `Settings` is used, which inherits the fields of the others
    )

    home: Path = Field(description="The home folder, as an absolute path.")


class DeliverySettings(HomeSettings):
    """Sending: the mail server and the sender."""

    smtp_host: Annotated[str, AfterValidator(validators.host)] | None = Field(
        default=None,
        description=(
            "The mail server that sends the digests. With DIGEST_DELIVERY=smtp, nothing is"
            " sent without it."
        ),
        examples=["smtp.example.org"],
    )
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the connection is encrypted: starttls, tls (from the start) or none.",
        examples=["starttls"],
    )
    smtp_port: int = Field(
        default=0,  # replaced by the usual port in `_usual_port`
        ge=1,
        le=65535,
        description=(
            "The port of the mail server; by default 587 for starttls, 465 for tls and 25 for none."
        ),
        examples=["587"],
    )
    smtp_user: str | None = Field(
        default=None,
        description="The user name at the mail server. It needs a password.",
        examples=["digest@example.org"],
    )
    smtp_password: SecretStr | None = Field(
        default=None,
        description=(
            "The password at the mail server. It is never sent over an unencrypted connection."
        ),
        examples=["an app password"],
    )
    smtp_allow_plaintext: bool = Field(
        default=False,
        description=(
            "Allow an unencrypted connection (DIGEST_SMTP_SECURITY=none) to a mail server on"
            " another machine."
        ),
        examples=["false"],
    )
    smtp_ca_file: Annotated[Path, AfterValidator(validators.in_home)] | None = Field(
        default=None,
        description=(
            "Certificates (PEM) of a private certificate authority to trust, relative to the home."
        ),
        examples=["ca.pem"],
    )
    smtp_timeout_connect: Seconds = Field(
        default=30.0,
        description="Seconds to wait for the connection to the mail server and for its greeting.",
        examples=["30"],
    )
    smtp_timeout: Seconds = Field(
        default=60.0,
        description="Seconds to wait for each answer of the mail server.",
        examples=["60"],
    )
    # The values of this and of the next setting are those of RFC 5321, section 4.5.3.2.
    smtp_timeout_data: Seconds = Field(
        default=180.0,
        description="Seconds in which the mail server must accept each part of a message.",
        examples=["180"],
    )
    smtp_timeout_dot: Seconds = Field(
        default=600.0,
        description=(
            "Seconds to wait for the answer to the end of a message. With less than 600, a"
            " message may be sent twice."
        ),
        examples=["600"],
    )
    smtp_connections: int = Field(
        default=4,
        ge=1,
        le=64,
        description="Number of connections to the mail server at the same time.",
        examples=["4"],
    )
    # "Letters" is an old word for messages. The name of the variable stays, as it is in `.env`
    # files.
    smtp_connection_letters: int = Field(
        default=100,
        ge=1,
        description="Number of messages after which a connection is replaced by a new one.",
        examples=["100"],
    )
    smtp_connection_seconds: float = Field(
        default=300.0,
        gt=0,
        allow_inf_nan=False,
        description="Seconds after which a connection is replaced by a new one.",
        examples=["300"],
    )
    smtp_rate: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description=(
            "Messages per minute to this mail server, over all connections and processes. By"
            " default there is no limit."
        ),
        examples=["60"],
    )
    render_processes: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description=(
            "Number of processes that render and sign messages; 1 means the sending process"
            " itself. By default it uses all cores if at least 5,000 digests wait; a worker (`digest"
            " worker`) renders by itself."
        ),
        examples=["2"],
    )
    delivery: Annotated[str, AfterValidator(validators.delivery)] = Field(
        default="smtp",
        description=(
            "How messages are sent: smtp, maildir:FOLDER, file:FOLDER (as .eml files) or"
            " sendmail:PROGRAM."
        ),
        examples=["maildir:mail"],
    )
    in_doubt: Literal["resend", "hold"] = Field(
        default="resend",
        description=(
            "What happens to a message if nobody knows whether it arrived: resend (the reader"
            " may get it twice) or hold (until `digest deliver --release` or `--drop`)."
        ),
        examples=["resend"],
    )
    max_lateness_hours: float = Field(
        default=48.0,
        gt=0,
        le=24 * 366,
        allow_inf_nan=False,
        description="Hours after which a digest that could not be sent is not sent any more.",
        examples=["48"],
    )
    from_: Annotated[NamedAddress, PlainValidator(validators.named_address)] | None = Field(
        default=None,
        description="The sender of the digests. Without it nothing is sent.",
        examples=["Paper Digest <digest@example.org>"],
    )
    reply_to: Annotated[str, AfterValidator(check_address)] | None = Field(
        default=None,
        description="The address for replies; by default the address of the sender.",
        examples=["ada@example.org"],
    )
    dkim_key: Annotated[Path, AfterValidator(validators.in_home)] | None = Field(
        default=None,
        description=(
            "The file with the private key that signs the digests (DKIM); `digest dkim new`"
            " creates one. By default the program does not sign, and leaves this to the mail"
            " server."
        ),
        examples=["dkim-digest.pem"],
    )
    dkim_selector: Annotated[str, AfterValidator(validators.dns_name)] = Field(
        default="digest",
        description="The name of the key: its DNS record is SELECTOR._domainkey.DOMAIN.",
        examples=["digest"],
    )
    dkim_domain: Annotated[str, AfterValidator(validators.dns_name)] | None = Field(
        default=None,
        description="The domain for which the key signs; by default the domain of DIGEST_FROM.",
        examples=["example.org"],
    )

    @property
    def uses_local_relay(self) -> bool:
        """Whether messages go to a program or server on this machine, which sends them further."""
        if self.delivery != "smtp":
            return self.delivery.startswith("sendmail:")
        return bool(self.smtp_host and validators.LOOPBACK.fullmatch(self.smtp_host))

    @field_validator("smtp_port", mode="before")
    @classmethod
    def _usual_port(cls, value: Any, info: ValidationInfo) -> Any:
        # A wrong smtp_security is not in the data. It gets an error of its own.
        return SMTP_PORTS.get(info.data.get("smtp_security", ""), 587) if value == 0 else value

    @model_validator(mode="after")
    def _mail_settings_agree(self) -> Self:
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
        return self
