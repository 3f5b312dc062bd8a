"""The readers' site on a real server, with a real mail server and the papers of a week."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from secrets import randbelow, token_bytes
from unittest.mock import patch

import httpx

from digest.core.models.batches import Batch, SourceRead
from digest.core.models.papers import Paper
from digest.core.schedule.announcement_days import NO_CALENDAR, AnnouncementCalendar
from digest.core.signup.link_tokens import LinkPurpose, sign_link
from digest.pipeline.collect import collect
from digest.pipeline.run import run
from digest.pipeline.signup import preferences
from digest.store.subscribers import subscriptions
from digest.web import reader_site
from support.builders import batch
from support.servers import served_home
from support.servers.proofs import challenge_of, solve
from support.servers.served_home import KEY, ServedHome
from support.smtp.scripted_server import Script, script, served

ADDRESS = "ada@reader.example"
TOPICS = (
    "Speculative decoding with a small draft model",
    "A cache of keys and values for long contexts",
    "Federated learning on telephones",
    "Graph neural networks for molecules",
    "Speculative decoding for translation",
)


@dataclass
class ReadersSite:
    """A served home, and the messages that its mail server took."""

    place: ServedHome
    mail: Script
    client: httpx.Client = field(default_factory=httpx.Client)
    _read: list[EmailMessage] = field(default_factory=list)  # of the messages, the first ones

    @property
    def url(self) -> str:
        return self.place.url

    def messages(self) -> list[EmailMessage]:
        """Returns what was sent, as soon as everything is."""
        readers = self.place.site.readers
        assert readers is not None
        readers.outbox.wait()
        new = self.mail.messages[len(self._read) :]
        self._read += [message_from_bytes(item, policy=policy.default) for _, item in new]
        return list(self._read)

    def recipients(self) -> list[str]:
        self.messages()
        return [recipient for recipient, _ in self.mail.messages]

    def link(self, message: EmailMessage, kind: str) -> str:
        """Returns the link of a message, as a path of the server."""
        text = body(message)
        found = re.search(rf"/{kind}/[A-Za-z0-9_.-]+", text)
        assert found is not None, text
        return f"{self.url}{found[0]}"

    def code(self, message: EmailMessage) -> str:
        found = re.search(r"\b\d{3} \d{3}\b", body(message))
        assert found is not None
        return found[0]

    def form(self, path: str = "/") -> str:
        """Returns the token of a form that was shown some seconds ago."""
        found = re.search(r'name="form" value="([^"]+)"', self.client.get(self.url + path).text)
        assert found is not None
        self.place.now[0] += timedelta(seconds=5)
        return found[1]

    def sign_up(self, email: str = ADDRESS, *, path: str = "/", **more: str) -> httpx.Response:
        """Sends the form, as a reader does whose browser follows redirects and solves challenges."""
        fields = {
            "form": self.form(path),
            "email": email,
            "keywords0": "speculative decoding",
            "days": "0",
            "hour": "07:00",
            "zone": "Europe/Paris",
            "length": "15",
            "website": "",
            "wish": "signup",
            **more,
        }
        return self.send(path, fields)

    def ask_link(self, email: str = ADDRESS) -> httpx.Response:
        """Asks for the link to the preferences."""
        return self.send("/link", {"form": self.form("/link"), "email": email, "website": ""})

    def send(self, path: str, fields: Mapping[str, str]) -> httpx.Response:
        """Sends a form, and once more with the proof of work if the site asks for one."""
        answer = self.client.post(self.url + path, data=dict(fields), follow_redirects=True)
        challenge = challenge_of(answer.text)
        if challenge is None:
            return answer
        proven = {**fields, "altcha": solve(challenge)}
        return self.client.post(self.url + path, data=proven, follow_redirects=True)

    def show_papers(self, *titles: str) -> None:
        """Collects papers that are new now."""
        collect_titles(self.place, *titles)

    def run(self, *, days: int = 0) -> list[EmailMessage]:
        """Runs all stages, some days later; returns the digests that were sent."""
        before = len(self.messages())
        self.place.now[0] += timedelta(days=days)
        run(self.place.app.run_dependencies(), now=self.place.now[0])
        return self.messages()[before:]

    def subscribe(self, email: str = ADDRESS, **more: str) -> int:
        """Signs up and confirms; returns the subscription."""
        before = len(self.messages())
        self.sign_up(email, **more)
        message = self.messages()[before]
        answer = self.client.post(self.link(message, "confirm"))
        assert "Confirmed" in answer.text
        with self.place.app.store.read() as tx:
            return subscriptions.live_subscriptions(tx, email=email)[-1].subscription_id

    def preferences(
        self,
        number: int,
        *,
        purpose: LinkPurpose = LinkPurpose.MANAGE,
        age: timedelta = timedelta(),
    ) -> str:
        token = sign_link(purpose, number, at=self.place.now[0] - age, secret=KEY)
        return f"{self.url}/p/{token}"


def collect_titles(place: ServedHome, *titles: str) -> None:
    """Collects papers with these titles, new now."""
    papers = tuple(
        Paper(title=title, abstract=f"We study {title.lower()}.", authors=("Ada King",))
        for title in titles
    )
    collect(place.app.store, [source_of(batch(*papers))], now=place.now[0])


def stored(site: ReadersSite, number: int) -> preferences.ReaderPreferences:
    """Returns a digest as its page reads it."""
    found = preferences.read(site.place.app.store, number)
    assert found is not None
    return found


def press(url: str, wish: str, **fields: str) -> httpx.Response:
    """Sends a form by one of its buttons, as a reader does who follows redirects."""
    return httpx.post(url, data={"wish": wish, **fields}, follow_redirects=True, timeout=120)


def body(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@contextmanager
def opened(
    home: Path,
    *,
    prefix: str = "",
    more: Mapping[str, str] | None = None,
    first_digests: bool = False,
) -> Iterator[ReadersSite]:
    """Yields the site of a home, open for sign-up, with papers of yesterday.

    Args:
        home: the home.
        prefix: the path of the site.
        more: settings.
        first_digests: whether a confirmation also makes and sends the first digest.
    """
    mail = script({})
    with served(mail) as port:
        environ = {
            "DIGEST_SIGNUP": "open",
            "DIGEST_SMTP_HOST": "127.0.0.1",
            "DIGEST_SMTP_PORT": str(port),
            "DIGEST_SMTP_SECURITY": "none",
            **(more or {}),
        }
        with (
            patch.object(reader_site, "token_bytes", _bytes_of_easy_challenges),
            served_home.opened(home, prefix=prefix, more=environ) as place,
            httpx.Client(timeout=120) as client,
        ):
            readers = place.site.readers
            assert readers is not None
            readers.outbox.pause = lambda: 0.0
            if not first_digests:
                readers.first_digests.make = _make_none  # type: ignore[method-assign]
            site = ReadersSite(place=place, mail=mail, client=client)
            place.now[0] -= timedelta(days=1)
            site.show_papers(*TOPICS)
            place.now[0] += timedelta(days=1)
            yield site


def _bytes_of_easy_challenges(number: int) -> bytes:
    """Returns random bytes: the eight of a challenge are a number that is found soon."""
    return randbelow(5000).to_bytes(8, "big") if number == 8 else token_bytes(number)


def _make_none(subscription_id: int) -> None:
    """Leaves the first digest to the next run."""
    del subscription_id


@dataclass(frozen=True, kw_only=True)
class _BatchSource:
    """A source that shows one batch."""

    name: str
    read: SourceRead
    calendar: AnnouncementCalendar = NO_CALENDAR

    def fetch(self, cursor: object, *, now: datetime) -> Iterator[SourceRead]:
        del cursor, now
        yield self.read


def source_of(shown: Batch) -> _BatchSource:
    """Returns a source that shows one batch."""
    return _BatchSource(
        name=shown.source,
        read=SourceRead(origin=shown.origin, batch=shown, problem=None, cursor={}),
    )
