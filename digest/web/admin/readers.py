"""The list of readers, the page of one reader, and what the operator does there."""

import csv
import io
from collections.abc import Iterator

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers.consent import Consent, parse_consent
from digest.errors import UsageError
from digest.pipeline.admin import messages, readers
from digest.pipeline.admin.readers import ReaderAction, ReaderDetails
from digest.pipeline.subscribers import leavings
from digest.store.admin import reader_search
from digest.store.admin.reader_search import FoundReader
from digest.web.admin.guarded import OperatorVisit
from digest.web.pages.guarded import SentForm
from digest.web.security.headers import file_headers

_PAGE = 50
# With these, nobody gets mail by mistake, so they are asked about first.
_ASKED = (ReaderAction.STOP, ReaderAction.SUPPRESS)
# A cell that begins with one of these is a formula in a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def show_readers(operator: OperatorVisit) -> Response:
    """Shows the readers that a search finds, page by page."""
    words, after, chosen = (operator.asked(name) for name in ("q", "after", "status"))
    status = next((item for item in AddressStatus if item.value == chosen), None)

    def read() -> list[FoundReader]:
        with operator.store.read() as tx:
            found = reader_search.find(tx, limit=_PAGE + 1, words=words, status=status, after=after)
        return list(found)

    found = await run_in_threadpool(read)
    return operator.render(
        "readers",
        section="Readers",
        readers=found[:_PAGE],
        more=found[_PAGE - 1].address.email if len(found) > _PAGE else "",
        words=words,
        chosen=chosen if status else "",
        after=after,
        statuses=[item for item in AddressStatus if item is not AddressStatus.ERASED],
    )


async def export_readers(operator: OperatorVisit, form: SentForm) -> Response:
    """Returns all readers as a CSV file; this is logged."""
    del form
    rows: list[str] = []

    def export() -> str:
        with operator.store.read() as tx:
            rows.extend(_csv_lines(reader_search.everybody(tx)))
        return f"{len(rows) - 1:,} rows"

    await operator.do("export readers", "all readers", export)
    return Response(
        "".join(rows),
        media_type="text/csv; charset=utf-8",
        headers=file_headers(f"readers-{operator.now:%Y-%m-%d}.csv", public=False),
    )


async def show_reader(operator: OperatorVisit) -> Response:
    """Shows one reader."""
    found = await _details(operator)
    return operator.missing() if found is None else _page(operator, found)


async def change_reader(operator: OperatorVisit, form: SentForm) -> Response:
    """Does what the pressed button says, or asks first."""
    found = await _details(operator)
    if found is None:
        return operator.missing()
    email = found.found.address.email
    wish = form.wish
    try:
        if wish == "send again":
            notice = await _send_again(operator, found, form)
        else:
            action = ReaderAction(wish)
            if action in _ASKED and form.fields.get("sure") != "yes":
                return operator.render("sure", section="Readers", found=found.found, wish=wish)
            consent = _consent(operator, form)
            notice = await operator.do(
                action.value,
                email,
                lambda: readers.change(
                    operator.store,
                    email,
                    action,
                    now=operator.now,
                    profiles=operator.app.load_profiles(),
                    consent=consent,
                ),
            )
    except ValueError:  # no such button
        return operator.render("refused", status=400)
    except UsageError as error:
        return _page(operator, found, problem=str(error), status=422)
    changed = await _details(operator)
    if changed is None:  # erased meanwhile
        return operator.missing()
    return _page(operator, changed, notice=f"{email}: {notice}")


async def _send_again(operator: OperatorVisit, found: ReaderDetails, form: SentForm) -> str:
    chosen = form.fields.get("edition", "")
    own = {str(item.edition_id): item.edition_id for item in found.mail.timeline.editions}
    if chosen not in own:
        raise UsageError("choose one of the digests of this reader")
    app, email = operator.app, found.found.address.email

    def send() -> str:
        # A copy is mail too: who left gets none.
        leavings.require_not_left(operator.store, email, keys=app.signing_keys)
        app.require_delivery()
        return messages.send_again(
            operator.store,
            own[chosen],
            connect=app.connect,
            write=app.message_writer.write,
            message_id=app.new_message_id(now=operator.now),
            now=operator.now,
        )

    return await operator.do("send again", f"{email}, digest {chosen}", send)


async def _details(operator: OperatorVisit) -> ReaderDetails | None:
    return await run_in_threadpool(
        lambda: readers.details(operator.store, operator.number(), now=operator.now)
    )


def _page(
    operator: OperatorVisit,
    found: ReaderDetails,
    *,
    notice: str = "",
    problem: str = "",
    status: int = 200,
) -> Response:
    state = found.found.address.status
    sentences = found.mail.sentences
    # The last sentences are about one digest each, which the table shows too.
    first = len(sentences) - len(found.mail.timeline.editions)
    return operator.render(
        "reader",
        section="Readers",
        status=status,
        found=found.found,
        mail=found.mail,
        answer=sentences[:first],
        each=sentences[first:],
        profiles=found.profiles,
        days=readers.DAYS,
        actions=[action.value for action in readers.possible_actions(state)],
        editions=found.mail.timeline.editions[:20],
        names={
            item.subscription.subscription_id: item.subscription.name for item in found.profiles
        },
        notice=notice,
        problem=problem,
    )


def _consent(operator: OperatorVisit, form: SentForm) -> Consent | None:
    text = form.fields.get("consent", "").strip()
    if not text:
        return None
    try:
        return parse_consent(text, now=operator.now)
    except ValueError as error:
        raise UsageError(f"the consent {error}") from None


def _csv_lines(found: Iterator[FoundReader]) -> Iterator[str]:
    yield _csv_line(
        ["email", "status", "since", "subscription", "origin", "paused", "profile", "next_due"]
    )
    for reader in found:
        address = reader.address
        own = [address.email, address.status.value, address.changed_at.isoformat()]
        for digest in reader.digests:
            due = digest.next_due.isoformat() if digest.next_due else ""
            paused = "yes" if digest.paused else "no"
            file = digest.profile_file or ""
            yield _csv_line([*own, digest.name, digest.origin.value, paused, file, due])
        if not reader.digests:
            yield _csv_line([*own, "", "", "", "", ""])


def _csv_line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)
    return out.getvalue()
