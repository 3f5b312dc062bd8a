"""No request of the API reads the rows of all readers, or a whole table that grows."""

import re
from datetime import timedelta
from pathlib import Path

from support.processes import explained_statements
from support.servers.served_api import CONSENT, PROFILE, opened_api

from digest.core.access.webhooks import WebhookEvent
from digest.store.access import webhooks
from digest.store.database.schema import metadata

# A row for each kind of thing, not for each reader, paper or day.
SMALL = {"meta", "counter", "source", "api_token", "webhook"}
# They stop at the newest rows, or at the first one.
BOUNDED = re.compile(r"FROM (paper|batch) .*ORDER BY \1\.id DESC|FROM suppression LIMIT")


def test_each_statement_of_the_api_uses_an_index(tmp_path: Path) -> None:
    file = tmp_path / "statements"
    with opened_api(tmp_path / "home") as api:
        app, now = api.site.place.served, api.site.place.now
        with app.store.write() as tx:
            every = tuple(WebhookEvent)
            webhooks.add(
                tx, url="http://localhost:9/", events=every, secret="whsec_AAAA", now=now[0]
            )
        api.send("GET", "/papers")
        explained_statements.install(str(file), app.store.engine)
        now[0] += timedelta(minutes=1)
        with api.client() as client:
            made = client.subscribe("bob@reader.example", PROFILE, consent=CONSENT, key="k")
            (paper, *_) = client.papers()
            client.find_papers("Federated")
            list(client.subscriptions())
            list(client.subscriptions(email="bob@reader.example", ended=True))
            list(client.subscriptions(reader=client.subscription(made.id).reader))
            text, etag = client.profile(made.id)
            client.change_profile(made.id, text, etag=etag)
            client.pause(made.id)
            client.resume(made.id)
            (edition, *_) = client.editions()
            list(client.editions(subscription=api.subscription))
            client.edition_html(edition.id)
            client.say_feedback(made.id, paper.id, "saved")
            client.feedback(made.id)
            list(client.runs())
            list(client.runs(job="collect"))
            client.stop(made.id)
            client.webhooks()
        app.tell_webhooks(now[0])
        app.tell_webhooks(now[0] + timedelta(days=2))
    count, whole = explained_statements.read(file)
    assert count > 40
    growing = set(metadata.tables) - SMALL
    found = [item for item in whole if item.table in growing]
    assert [item for item in found if not BOUNDED.search(item.statement)] == []
