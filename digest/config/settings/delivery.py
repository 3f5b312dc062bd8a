"""The settings that say how letters leave, and from whom."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
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
    """What all settings rest on."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, str_strip_whitespace=True
    )

    home: Path = Field(description="The folder that holds everything; absolute.")


class DeliverySettings(HomeSettings):
    """How letters leave, and from whom."""

    smtp_host: Annotated[str, AfterValidator(validators.host)] | None = Field(
        default=None,
        description="The mail server that takes the digests; without it nothing is sent.",
        examples=["smtp.example.org"],
    )
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the connection is encrypted: starttls, tls (from the start) or none.",
        examples=["starttls"],
    )
    smtp_port: int = Field(
        default=0,  # becomes the usual one
        ge=1,
        le=65535,
        description="The server's port; by default 587 with starttls, 465 with tls, 25 with none.",
        examples=["587"],
    )
    smtp_user: str | None = Field(
        default=None,
        description="The login at the mail server; needs a password.",
        examples=["digest@example.org"],
    )
    smtp_password: SecretStr | None = Field(
        default=None,
        description="Its password; never sent over a connection without encryption.",
        examples=["an app password"],
    )
    smtp_allow_plaintext: bool = Field(
        default=False,
        description="Allow security none to a server that is not this machine.",
        examples=["false"],
    )
    smtp_ca_file: Annotated[Path, AfterValidator(validators.in_home)] | None = Field(
        default=None,
        description="Certificates (PEM) of a private authority to trust, relative to the home.",
        examples=["ca.pem"],
    )
    smtp_timeout_connect: Seconds = Field(
        default=30.0,
        description="Seconds to wait for the connection to the mail server, and its greeting.",
        examples=["30"],
    )
    smtp_timeout: Seconds = Field(
        default=60.0,
        description="Seconds to wait for the mail server's answers.",
        examples=["60"],
    )
    smtp_timeout_data: Seconds = Field(
        default=180.0,
        description="Seconds in which the mail server must take a part of a letter.",
        examples=["180"],
    )
    smtp_timeout_dot: Seconds = Field(
        default=600.0,
        description=(
            "Seconds to wait for the answer that makes a letter the mail server's; less than 600"
            " may send a letter twice."
        ),
        examples=["600"],
    )
    smtp_connections: int = Field(
        default=4,
        ge=1,
        le=64,
        description="Connections to the mail server at once.",
        examples=["4"],
    )
    smtp_connection_letters: int = Field(
        default=100,
        ge=1,
        description="Letters over one connection, which is then renewed.",
        examples=["100"],
    )
    smtp_connection_seconds: float = Field(
        default=300.0,
        gt=0,
        allow_inf_nan=False,
        description="Seconds after which a connection is renewed.",
        examples=["300"],
    )
    smtp_rate: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Letters a minute, over all connections; by default as fast as they are taken.",
        examples=["60"],
    )
    delivery: Annotated[str, AfterValidator(validators.delivery)] = Field(
        default="smtp",
        description=(
            "How letters leave: smtp, maildir:FOLDER, file:FOLDER (as .eml files) or"
            " sendmail:PROGRAM."
        ),
        examples=["maildir:mail"],
    )
    in_doubt: Literal["resend", "hold"] = Field(
        default="resend",
        description=(
            "What happens to a letter that may or may not have arrived: resend (it may come"
            " twice) or hold (until `digest deliver --release` or `--drop`)."
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
    from_: Annotated[NamedAddress, BeforeValidator(validators.mailbox)] | None = Field(
        default=None,
        description="The sender of the digests; without it nothing is sent.",
        examples=["Paper Digest <digest@example.org>"],
    )
    reply_to: Annotated[str, AfterValidator(check_address)] | None = Field(
        default=None,
        description="The address that replies go to; by default the sender's.",
        examples=["ada@example.org"],
    )
    dkim_key: Annotated[Path, AfterValidator(validators.in_home)] | None = Field(
        default=None,
        description=(
            "The private key that signs the digests (DKIM); `digest dkim new` makes one. By"
            " default the mail server is left to sign."
        ),
        examples=["dkim-digest.pem"],
    )
    dkim_selector: Annotated[str, AfterValidator(validators.dns_name)] = Field(
        default="digest",
        description="The name of that key: its record stands at SELECTOR._domainkey.DOMAIN.",
        examples=["digest"],
    )
    dkim_domain: Annotated[str, AfterValidator(validators.dns_name)] | None = Field(
        default=None,
        description="The domain that the key signs for; by default that of DIGEST_FROM.",
        examples=["example.org"],
    )

    @property
    def relays_here(self) -> bool:
        """Whether letters go to a program or server on this machine, which sends them on."""
        if self.delivery != "smtp":
            return self.delivery.startswith("sendmail:")
        return bool(self.smtp_host and validators.LOOPBACK.fullmatch(self.smtp_host))

    @field_validator("smtp_port", mode="before")
    @classmethod
    def _usual_port(cls, value: Any, info: ValidationInfo) -> Any:
        return SMTP_PORTS.get(info.data.get("smtp_security", ""), 587) if value == 0 else value

    @model_validator(mode="after")
    def _mail_settings_agree(self) -> Self:
        if self.smtp_password and self.smtp_security == "none":
            raise validators.refusal(
                "smtp_password",
                "a password would be sent in the clear, as DIGEST_SMTP_SECURITY is none; write"
                " starttls or tls there, or remove the user and the password",
            )
        if self.smtp_password and not self.smtp_user:
            raise validators.refusal(
                "smtp_user", "missing, while DIGEST_SMTP_PASSWORD is set; write both"
            )
        if self.smtp_user and not self.smtp_password:
            raise validators.refusal(
                "smtp_password", "missing, while DIGEST_SMTP_USER is set; write both"
            )
        remote = self.smtp_host and not validators.LOOPBACK.fullmatch(self.smtp_host)
        if remote and self.smtp_security == "none" and not self.smtp_allow_plaintext:
            raise validators.refusal(
                "smtp_security",
                f"none would send mail to {self.smtp_host} unencrypted; write starttls or tls, or"
                " insist with DIGEST_SMTP_ALLOW_PLAINTEXT=true",
            )
        return self
