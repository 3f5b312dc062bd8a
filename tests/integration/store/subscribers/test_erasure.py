"""Erasing an address removes it everywhere; what remains does not reveal it."""

import re
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import JSON, String, event, select
from support.builders import NOW
from support.editions import insert_edition

from digest.config.profiles.loader import LoadedProfiles, load_all
from digest.core.models.delivery import Deferred, EditionState, InDoubt, Outcome, Refused, Sent
from digest.core.models.editions import Edition
from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers.consent import Consent
from digest.errors import StoreError, UsageError
from digest.pipeline import alerts
from digest.pipeline.alerts import RunContext
from digest.pipeline.profiles.profile_sources import ProfileSource, read_source
from digest.pipeline.subscribers import administration, erasure
from digest.pipeline.subscribers.administration import AddOutcome
from digest.pipeline.subscribers.sync_profiles import sync_profiles
from digest.store.database.schema import metadata
from digest.store.database.store import Connection, Store
from digest.store.editions import claims, delivery_pause
from digest.store.editions.delivery_pause import DeliveryPause
from digest.store.locks import delivery_lock
from digest.store.reports import job_runs
from digest.store.subscribers import profiles, subscriptions
from digest.store.subscribers.address_traces import NOTES, SERVER_TEXTS

KEY, OLD = b"k" * 32, b"o" * 32
NO_FILES = LoadedProfiles(files=(), errors=(), broken=frozenset())
EMAIL = "Ada.Unmistakable@Reader.example"
TRACE = b"unmistakable"
PROFILE = '[[topics]]\nname = "T"\nkeywords = ["x"]\n'
PAPERS = ProfileSource(name="papers", text=PROFILE)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store.open(database_url) as opened:
        if opened.engine.dialect.name == "sqlite":
            # Some builds of SQLite overwrite deleted rows at once, others leave them in the file.
            opened.engine.dispose()
            event.listen(opened.engine, "connect", _keep_deleted_bytes)
        yield opened


def _keep_deleted_bytes(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA secure_delete = 0")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "profiles"
    folder.mkdir()
    return folder


def fill_history(
    store: Store, *, state: EditionState = EditionState.SENT, others: int = 30
) -> None:
    """Fills the store with data of the address between data of other readers."""
    for email in (*(f"reader{n}@other.example" for n in range(others)), EMAIL):
        administration.add(store, email=email, profile=PAPERS, now=NOW)
    with store.write() as tx:
        (subscription,) = subscriptions.live_subscriptions(tx, email=EMAIL)
        for day in range(1, 20):
            edition_id = insert_edition(
                tx,
                subscription.subscription_id,
                Edition(local_date=date(2026, 5, day), sections=()),
                state=state,
            )
            assert edition_id is not None
        tx.execute(
            metadata.tables["edition"]
            .update()
            .values(reason=f"250 <{EMAIL}> accepted " + "x" * 900)
        )
        for _ in range(30):
            subscriptions.set_status(
                tx,
                EMAIL,
                AddressStatus.PAUSED,
                event="paused",
                origin="operator",
                detail=f"{EMAIL} asked",
                now=NOW,
            )
        # Changed rows leave their old text in the file's free space.
        tx.execute(metadata.tables["edition"].update().values(reason="short"))


def closed_as(store: Store, status: AddressStatus) -> None:
    with store.write() as tx:
        subscriptions.set_status(tx, EMAIL, status, event="x", origin="x", detail="", now=NOW)


def erase(store: Store, profiles: LoadedProfiles | None = None) -> bool:
    return erasure.erase(
        store, email=EMAIL, profiles=profiles or NO_FILES, keys=[KEY, OLD], now=NOW
    )


def dump(tx: Connection) -> bytes:
    """Returns all values of all tables as bytes."""
    rows = [row for table in metadata.sorted_tables for row in tx.execute(select(table))]
    return repr(rows).lower().encode()


@pytest.mark.parametrize(
    "status, kept_status",
    [
        (AddressStatus.PAUSED, AddressStatus.ERASED),
        (AddressStatus.UNSUBSCRIBED, AddressStatus.UNSUBSCRIBED),
        (AddressStatus.SUPPRESSED, AddressStatus.SUPPRESSED),
    ],
)
def test_erasing_leaves_the_address_nowhere_in_the_database(
    store: Store, tmp_path: Path, status: AddressStatus, kept_status: AddressStatus
) -> None:
    fill_history(store)
    closed_as(store, status)
    files = list(tmp_path.glob("digest.db*"))
    if store.engine.dialect.name == "sqlite":
        assert any(TRACE in path.read_bytes().lower() for path in files)
    with store.read() as tx:
        assert TRACE in dump(tx)
    assert erase(store)
    with store.read() as tx:
        assert TRACE not in dump(tx)
        kept = tx.execute(select(metadata.tables["suppression"])).all()
    assert [row.status for row in kept] == [kept_status]
    for path in tmp_path.glob("digest.db*"):
        assert TRACE not in path.read_bytes().lower(), path.name
    with store.read() as tx:
        assert len(subscriptions.live_subscriptions(tx)) == 30


def queue(store: Store, *emails: str) -> None:
    """Queues an edition for each address."""
    for email in emails:
        administration.add(store, email=email, profile=PAPERS, now=NOW)
        with store.write() as tx:
            (live,) = subscriptions.live_subscriptions(tx, email=email)
            insert_edition(tx, live.subscription_id, Edition(local_date=NOW.date(), sections=()))


def store_reply(store: Store, words: str) -> None:
    """Stores a reply of the mail server in every place where a reply can be stored."""
    outcomes: tuple[Outcome, ...] = (
        Refused(reason=words, code=550),
        Deferred(reason=words, code=451),
        InDoubt(reason=words),
        Sent(reply=words),
    )
    neighbours = [f"reader{n}@other.example" for n in range(len(outcomes) + 2)]
    queue(store, *neighbours, EMAIL)
    with delivery_lock.acquire(store) as owner, store.write() as tx:
        token = owner.token

        def claim(email: str) -> int:
            (claimed,) = claims.claim(tx, owner=token, now=NOW, limit=1, email=email)
            return claimed.edition_id

        for outcome, email in zip((*outcomes, outcomes[0]), (*neighbours[:4], EMAIL), strict=True):
            again = NOW if isinstance(outcome, Deferred) else None
            claims.settle_attempt(
                tx, claim(email), owner=token, outcome=outcome, now=NOW, next_attempt_at=again
            )
        claims.requeue(tx, claim(neighbours[4]), owner=token, reason=words, now=NOW)
        claim(neighbours[5])
        assert claims.release_claims(tx, owner=token, reason=words, now=NOW) == 1
        delivery_pause.store_pause(tx, DeliveryPause(since=NOW, until=NOW, times=1, reason=words))
        job_runs.record_command(
            tx,
            job="run",
            started_at=NOW,
            finished_at=NOW,
            outcome="1 refused",
            problems=[words],
            owner=token,
        )
        begun = job_runs.begin(tx, job="deliver", slot=NOW, owner=token, now=NOW)
        assert begun is not None
        assert job_runs.finish(
            tx, begun.number, owner=token, outcome="1 refused", problems=[words], now=NOW
        )
    alerts.check_and_notify(
        store,
        [],
        RunContext(run_errors=[words], profile_errors=[words]),
        now=NOW,
        queue_limit=timedelta(hours=6),
        post=lambda _: Sent(reply="250 ok"),
    )


SPELLINGS = [
    EMAIL,
    EMAIL.lower(),
    "ADA.UNMISTAKABLE@mx.Reader.example",
    "ada.unmistakable%40reader.example",
    "rfc822;ada%2Eunmistakable%2540reader.example",
    "ada.unmistakable=40reader.example",
    "ada.unmistakable&#64;reader.example",
    r"ada.unmistakable\u0040reader.example",
    '"ada.unmistakable"@reader.example',
    "Ada.Unmistakable at Reader dot example",
    "ada.unmistakable (at) reader.example",
    "to=ada.unmistakable@reader.example",
    "%3Cada.unmistakable%40reader.example%3E",
    "lists+ada.unmistakable=reader.example@lists.example",
    "ada.unmistakable_at_reader.example@relay.example",
]


@pytest.mark.parametrize("written", [EMAIL, "; ".join(SPELLINGS)])
def test_erasing_leaves_nothing_of_what_a_mail_server_said_about_the_address(
    store: Store, tmp_path: Path, written: str
) -> None:
    store_reply(store, f"550 5.1.1 <{written}>: no such user")
    messages = metadata.tables["edition"].c
    with store.read() as tx:  # texts that are no replies never contain addresses
        waiting = select(messages.reason).where(messages.state == EditionState.QUEUED)
        queued = tx.execute(waiting).scalars().all()
    assert [TRACE in str(reason).lower().encode() for reason in queued] == [False, False]
    assert erase(store)
    with store.read() as tx:
        for table in metadata.sorted_tables:
            assert TRACE not in repr(tx.execute(select(table)).all()).lower().encode(), table.name
        reasons = tx.execute(select(messages.reason)).scalars().all()
        kept = [*reasons, *tx.execute(select(metadata.tables["meta"].c.value)).scalars()]
        problems = tx.execute(select(metadata.tables["job_runs"].c.problems)).scalars()
    # The rest of the reply is still readable.
    assert sum("***" in text and "no such user" in text for text in kept) == 6 + 2
    assert [len(each) for each in problems] == [1, 1]
    for path in tmp_path.glob("digest.db*"):
        if path.is_file():
            assert TRACE not in path.read_bytes().lower(), path.name


def without_namesakes(content: bytes) -> bytes:
    """Removes addresses of others with the same local part."""
    return re.sub(
        rb"ada\.unmistakable@(reader\.examples|reader\.example\.org|else\.example)", b"", content
    )


def test_erasing_leaves_nothing_of_what_others_noted_about_the_address(
    store: Store, tmp_path: Path
) -> None:
    other = "reader1@other.example"
    queue(store, other, EMAIL)
    # By the same local part another reader is called, at another provider.
    namesake = "ada.unmistakable@reader.example.org"
    queue(store, namesake)
    also = "ada.unmistakable@else.example, ada.unmistakable@reader.examples"
    namesakes = f'email = "{namesake}" # or {also}\n{PROFILE}'
    mention = "; ".join(SPELLINGS).replace("mx.", "")
    with store.write() as tx:
        tables = metadata.tables
        subscriptions.set_status(
            tx,
            other,
            AddressStatus.PAUSED,
            event="paused",
            origin="operator",
            detail=f"the new address of {mention}",
            now=NOW,
        )
        is_other = tables["subscription"].c.id == 1
        tx.execute(tables["subscription"].update().where(is_other).values(name=f"shared {mention}"))
        subscriptions.update_profile(tx, 1, f"# for {mention} too\n{PROFILE}", now=NOW)
        subscriptions.update_profile(tx, 3, namesakes, now=NOW)
        tx.execute(
            tables["edition"]
            .update()
            .where(tables["edition"].c.id == 1)
            .values(content={"sections": [[mention, []]], "trending": []})
        )
    assert erase(store)
    with store.read() as tx:
        left = without_namesakes(dump(tx))
        live = subscriptions.live_subscriptions(tx)
        profile_text, kept = (profiles.text_of(tx, item) for item in live)
    assert TRACE not in left
    assert profile_text.startswith("# for ***@Reader.example; ")
    assert profile_text.endswith(f" too\n{PROFILE}")
    assert kept == namesakes
    for path in tmp_path.glob("digest.db*"):
        if path.is_file():
            assert TRACE not in without_namesakes(path.read_bytes().lower()), path.name


def test_addresses_with_unusual_signs_are_erased_completely(store: Store, tmp_path: Path) -> None:
    local_parts = ("+ada", "-eve", "kurt%lab", "o'brien", "an/na=x", "{joe}", "a`b|c", "*d", "+")
    emails = [f"{local}@reader.example" for local in local_parts]
    queue(store, "reader1@other.example", *emails)
    # Replies that were stored by an older version, which did not mask these addresses.
    words = "550 " + "; ".join(f"<{email}>, {quote(email, safe='')}" for email in emails)
    with store.write() as tx:
        edition = metadata.tables["edition"]
        is_other = edition.c.id == 1
        tx.execute(edition.update().where(is_other).values(reason=f"{words}: no such user"))
    for email in emails:
        assert erasure.erase(store, email=email, profiles=NO_FILES, keys=[KEY], now=NOW)
    with store.read() as tx:
        (reason,) = tx.execute(select(edition.c.reason)).scalars()
        left = dump(tx)
    masked = "; ".join("<***@reader.example>, ***%40reader.example" for _ in emails)
    assert reason == f"550 {masked}: no such user"
    for path in tmp_path.glob("digest.db*"):
        left += path.read_bytes().lower() if path.is_file() else b""
    for email in emails:
        assert email.encode() not in left
        assert quote(email, safe="").lower().encode() not in left


def test_every_column_with_text_is_searched_when_an_address_is_erased() -> None:
    """A new column is added to one of the lists in `address_traces`, or here with a reason."""
    of_papers = {"paper", "title", "identifier", "revision", "merge", "batch", "sighting"}
    of_papers |= {"listing", "announcement", "source", "paper_vector", "title_word", "source_stop"}
    codes = {  # written by the program; no text from outside
        "address.status",
        "api_answer.key_hash",
        "api_answer.location",
        "api_answer.request_hash",
        "api_token.hash",
        "api_token.scopes",
        "admin_log.action",
        "admin_session.key",
        "bounce.fingerprint",
        "bounce.kind",
        "bounce.proof",
        "bounce.status",
        "author_choice.choice",
        "consent.event",
        "consent.origin",
        "counter.name",
        "edition.message_id",
        "edition.owner",
        "edition.progress",
        "edition.state",
        "feedback.kind",
        "lookup.evidence",
        "lookup.outcome",
        "lookup.service",
        "job_runs.job",
        "job_runs.owner",
        "meta.key",
        "page_view.page",
        "profile.content_hash",
        "profile.deliver_to",
        "profile.language",
        "reading_list.content_hash",
        "send_rate.server",
        "site_event.counted",
        "site_event.key",
        "service_request.credential",
        "service_request.reported",
        "service_request.service",
        "site_request.kind",
        "subscription.ended_by",
        "subscription.origin",
        "suppression.hash",
        "suppression.status",
        "webhook.events",
        "webhook.secret",
        "webhook_message.data",
        "webhook_message.event",
    }
    keys = {"address.email", "address.email_key"}  # the row itself is deleted
    keys |= {"site_request.email", "site_request.email_key"}
    keys |= {"admin_session.email", "admin_session.email_key"}
    texts = {
        str(column)
        for table in metadata.sorted_tables
        if table.name not in of_papers
        for column in table.columns
        if isinstance(getattr(column.type, "impl_instance", column.type), String | JSON)
    }
    assert texts == codes | keys | set(map(str, (*SERVER_TEXTS, *NOTES)))


def test_erasing_changes_no_replies_about_other_readers(store: Store) -> None:
    queue(store, "reader1@other.example", EMAIL)
    with delivery_lock.acquire(store) as owner, store.write() as tx:
        (claimed,) = claims.claim(
            tx, owner=owner.token, now=NOW, limit=1, email="reader1@other.example"
        )
        refused = Refused(reason="550 <reader1@other.example>: no such user", code=550)
        claims.settle_attempt(tx, claimed.edition_id, owner=owner.token, outcome=refused, now=NOW)
    erase(store)
    with store.read() as tx:
        (reason,) = tx.execute(select(metadata.tables["edition"].c.reason)).scalars()
    assert reason == refused.reason


def test_erasing_again_says_that_nothing_is_kept(store: Store) -> None:
    fill_history(store)
    assert erase(store)
    assert not erase(store)


def test_an_address_is_not_erased_while_a_message_to_it_is_being_sent(store: Store) -> None:
    fill_history(store, state=EditionState.QUEUED)
    with store.write() as tx:
        subscriptions.set_status(
            tx, EMAIL, AddressStatus.ACTIVE, event="x", origin="x", detail="", now=NOW
        )
    with delivery_lock.acquire(store) as owner:
        with store.write() as tx:
            assert claims.claim(tx, owner=owner.token, now=NOW, limit=1, email=EMAIL)
        with pytest.raises(StoreError, match="try again in a minute"):
            erase(store)
    with store.read() as tx:
        assert subscriptions.find_address(tx, EMAIL) is not None


def test_an_address_that_a_profile_file_names_is_not_erased(store: Store, files: Path) -> None:
    fill_history(store)
    (files / "ada.toml").write_text(f'email = "{EMAIL.lower()}"\n{PROFILE}')
    with pytest.raises(UsageError, match=r"profiles/ada.toml: .* delete the file first"):
        erase(store, load_all(files))


@pytest.mark.parametrize(
    "name, text",
    [
        ("lab", f'email = "b@other.example" # was {EMAIL.lower()}\n{PROFILE}'),
        (EMAIL.lower(), f'email = "b@other.example"\n{PROFILE}'),
        ("broken", f'email = "{EMAIL}"\n[[topics'),
    ],
)
def test_an_address_that_a_profile_file_mentions_is_not_erased(
    store: Store, files: Path, name: str, text: str
) -> None:
    fill_history(store)
    (files / f"{name}.toml").write_text(text)
    with pytest.raises(UsageError, match=rf"profiles/{name}.toml: it mentions .* remove that"):
        erase(store, load_all(files))


def test_files_that_still_contain_an_erased_address_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "old.db").write_bytes(b"\0" * ((1 << 20) - 9) + EMAIL.upper().encode() + b"\0")
    (folder / "mail.eml").write_text("To: ada.unmistakable=40reader.example")
    (folder / "other.eml").write_text("To: ada.unmistakable@other.example")
    (tmp_path / "link").symlink_to(folder / "old.db")
    found = [path.name for path in erasure.files_with_address(tmp_path, EMAIL)]
    assert found == ["mail.eml", "old.db"]


def test_an_erased_address_that_was_suppressed_is_not_added_again(store: Store) -> None:
    fill_history(store)
    closed_as(store, AddressStatus.SUPPRESSED)
    erase(store)
    for key in ([KEY], [b"newer" * 9, KEY]):
        done = administration.add(store, email=EMAIL.lower(), profile=PAPERS, now=NOW, keys=key)
        assert done.outcome is AddOutcome.LEFT
        assert "is suppressed, as it bounced or complained" in done.reason


def test_an_erased_address_comes_back_by_a_newer_consent_only(store: Store, files: Path) -> None:
    fill_history(store)
    closed_as(store, AddressStatus.UNSUBSCRIBED)
    erase(store)
    (files / "ada.toml").write_text(f'email = "{EMAIL}"\n{PROFILE}')
    changes = sync_profiles(store, load_all(files), now=NOW, keys=[KEY])
    (warning,) = changes.warnings
    assert "ada.toml" in warning
    assert "was erased" in warning
    assert not changes.start
    later = NOW + timedelta(hours=1)

    def add(consent: Consent | None) -> AddOutcome:
        own = read_source(files / "ada.toml", home=files.parent)
        return administration.add(
            store,
            email=EMAIL,
            profile=own,
            now=later,
            keys=[KEY],
            profiles=load_all(files),
            consent=consent,
        ).outcome

    assert add(None) is AddOutcome.LEFT
    assert add(Consent(text="an old form", given_at=NOW)) is AddOutcome.LEFT
    assert add(Consent(text="a new form", given_at=later)) is AddOutcome.ADDED
    changes = sync_profiles(store, load_all(files), now=later, keys=[KEY])
    assert (changes.changes, changes.warnings) == (0, ())


def test_a_file_that_names_an_erased_suppressed_address_is_warned_of(
    store: Store, files: Path
) -> None:
    fill_history(store)
    closed_as(store, AddressStatus.SUPPRESSED)
    erase(store)
    (files / "ada.toml").write_text(f'email = "{EMAIL}"\n{PROFILE}')
    changes = sync_profiles(store, load_all(files), now=NOW, keys=[KEY])
    assert "is suppressed" in changes.warnings[0]
    assert not changes.start


def test_the_export_has_every_row_of_the_address_and_of_no_other(store: Store) -> None:
    fill_history(store)
    kept = erasure.export(store, email=EMAIL)
    assert [row["email"] for row in kept["address"]] == ["Ada.Unmistakable@reader.example"]
    assert len(kept["edition"]) == 19
    assert len(kept["consent"]) == 31
    assert "keywords" in kept["subscription"][0]["profile_text"]
    assert "other.example" not in repr(kept)
    with pytest.raises(UsageError, match="no such subscriber"):
        erasure.export(store, email="nobody@reader.example")
