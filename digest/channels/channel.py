"""What a channel does."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from digest.channels import answers
from digest.channels.http_exchange import HttpAnswer, HttpRequest, exchange
from digest.channels.message import ChannelMessage
from digest.core.models.delivery import Outcome, Sent
from digest.logs import redactor


class Channel(Protocol):
    """Takes digests to one place."""

    @property
    def place(self) -> str:
        """Names the server, so that no other digest of a run waits for one that does not answer."""

    @property
    def target(self) -> str:
        """Identifies the place; may be secret."""

    def parts(self, message: ChannelMessage) -> Sequence[bytes]:
        """Returns the messages of a digest, at least one; the same ones each time."""

    def send(self, part: bytes, *, key: str, now: datetime) -> Outcome:
        """Sends one message.

        Args:
            part: the message.
            key: the same in every attempt, and of no other message.
            now: the current time.
        """

    def problem(self) -> str:
        """Returns what is wrong on this machine; empty if nothing is."""

    def ask(self, *, now: datetime) -> str:
        """Asks the service, without sending a message; returns what is wrong, or nothing."""


class HttpService(Protocol):
    """How a service takes messages; pure."""

    @property
    def name(self) -> str:
        """For reasons, such as `Slack`."""

    @property
    def url(self) -> str:
        """The address, with its secrets."""

    @property
    def repeatable(self) -> bool:
        """Whether the service drops a message that it has already, by its key."""

    def parts(self, message: ChannelMessage) -> Sequence[bytes]:
        """Returns the messages of a digest."""

    def request(self, part: bytes, *, key: str, now: datetime) -> HttpRequest:
        """Returns the request that sends a message."""

    def is_accepted(self, answer: HttpAnswer) -> bool:
        """Returns whether the answer says, as this service does, that the message was taken."""

    def question(self) -> HttpRequest | None:
        """Returns a request that only reads, and fails if a message would; None: there is none."""


class HttpChannel:
    """A channel of a service.

    Args:
        service: how it takes messages.
        place: the host and the port.
        is_allowed: whether a network address may be used.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        service: HttpService,
        *,
        place: str,
        is_allowed: Callable[[str], bool],
        clock: Callable[[], float],
    ) -> None:
        self._service = service
        self._place = place
        self._is_allowed = is_allowed
        self._clock = clock

    @property
    def place(self) -> str:
        """The host and the port."""
        return self._place

    @property
    def target(self) -> str:
        """The address, with its secrets."""
        return self._service.url

    def parts(self, message: ChannelMessage) -> Sequence[bytes]:
        """Returns the messages of a digest."""
        return self._service.parts(message)

    def send(self, part: bytes, *, key: str, now: datetime) -> Outcome:
        """Sends one message."""
        answer = exchange(
            self._service.request(part, key=key, now=now),
            is_allowed=self._is_allowed,
            clock=self._clock,
        )
        outcome = answers.outcome_of(
            answer,
            service=self._service.name,
            accepted=isinstance(answer, HttpAnswer) and self._service.is_accepted(answer),
            repeatable=self._service.repeatable,
            now=now,
        )
        if isinstance(outcome, Sent):
            return outcome
        # A service may repeat in its answer whatever it was sent.
        return replace(outcome, reason=redactor.without_secrets(outcome.reason))

    def problem(self) -> str:
        """Returns nothing: only the service knows."""
        return ""

    def ask(self, *, now: datetime) -> str:
        """Returns what the service says is wrong; nothing also if it can only be told messages."""
        question = self._service.question()
        if question is None:
            return ""
        answer = exchange(question, is_allowed=self._is_allowed, clock=self._clock)
        outcome = answers.outcome_of(
            answer, service=self._service.name, accepted=True, repeatable=True, now=now
        )
        return "" if isinstance(outcome, Sent) else redactor.without_secrets(outcome.reason)
