"""A readers' site with a digest that was made, for the tests of the archive."""

import re
from dataclasses import dataclass
from datetime import timedelta

from digest.core.signup.archive_links import edition_url
from digest.store.archive import editions
from digest.store.archive.editions import ArchivedEdition
from support.builders import NOW
from support.servers.readers_site import ADDRESS, ReadersSite
from support.servers.served_home import KEY

DRAFTS = "Speculative decoding with a small draft model"
TRANSLATION = "Speculative decoding for translation"
FEDERATED = "Federated learning on telephones"


@dataclass
class ArchivedDigest:
    """A reader with one digest."""

    site: ReadersSite
    number: int  # of the subscription
    edition: ArchivedEdition

    @property
    def online(self) -> str:
        """The link of the message that shows the digest."""
        number, at = self.edition.edition_id, self.edition.composed_at
        return edition_url(self.site.url, number, at=at, secret=KEY)

    @property
    def preferences(self) -> str:
        """A link to the preferences that allows everything."""
        return self.site.preferences(self.number)

    def paper_id(self, title: str) -> int:
        entries = self.edition.edition.entries
        return next(
            entry.candidate.paper_id for entry in entries if entry.candidate.paper.title == title
        )

    def open_feed(self) -> str:
        """Opens the feed at a new address, and returns the folder of its files."""
        page = f"{self.preferences}/feed"
        answer = self.site.client.post(page, data={"wish": "open"})
        found = re.search(r'value="http://127\.0\.0\.1([^"]*)/atom\.xml"', answer.text)
        assert found is not None
        return self.site.url + found[1]


def digest_of(site: ReadersSite, email: str = ADDRESS, **form: str) -> ArchivedDigest:
    """Subscribes a reader, and makes a digest with the papers about speculative decoding.

    Args:
        site: the site.
        email: of the reader.
        form: fields of the form to subscribe.
    """
    number = site.subscribe(email, **form)
    app = site.place.app
    app.publish(now=NOW + timedelta(hours=1))
    with app.store.read() as tx:
        (edition,) = editions.newest(tx, number, limit=1)
    return ArchivedDigest(site=site, number=number, edition=edition)
