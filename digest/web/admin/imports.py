"""The import of a list of readers: upload, what is done with each row, confirmation."""

from secrets import token_urlsafe

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from digest.core.subscribers.consent import Consent, parse_consent
from digest.errors import DigestError, UsageError
from digest.pipeline.admin.uploads import (
    UploadedList,
    accepted_rows,
    refused_rows,
)
from digest.pipeline.subscribers.csv_import import ImportResult
from digest.web.admin.guarded import OperatorVisit, page_of, whole_number
from digest.web.pages.guarded import SentForm

_PAGE = 50


async def show_import(
    operator: OperatorVisit, *, problem: str = "", fields: SentForm | None = None
) -> Response:
    """Shows the form for a list."""
    files = await run_in_threadpool(operator.admin.importer.profile_files)
    sent = fields.fields if fields is not None else {}
    return operator.render(
        "import",
        section="Import",
        status=422 if problem else 200,
        files=files,
        profile=sent.get("profile", ""),
        consent=sent.get("consent", ""),
        problem=problem,
    )


async def upload(operator: OperatorVisit, form: SentForm) -> Response:
    """Says what would become of each row of a list; nothing is stored."""
    session, importer = operator.session, operator.admin.importer
    text = form.fields.get("list", "") or form.fields.get("rows", "")
    if session is None:
        return operator.render("refused", status=403)
    try:
        if not text.strip():
            raise UsageError("choose a CSV file, or paste its rows")
        if "\ufffd" in text:
            line = text.count("\n", 0, text.index("\ufffd")) + 1
            raise UsageError(f"line {line}: the file is not UTF-8; save it as UTF-8")
        data = text.encode()
        profile = importer.profile_file(form.fields.get("profile", ""))
        consent = _consent(operator, form.fields.get("consent", ""))
        result = await run_in_threadpool(
            lambda: importer.try_out(
                data,
                profile=profile,
                consent=consent,
                profiles=operator.app.load_profiles(),
                now=operator.now,
            )
        )
    except DigestError as error:
        return await show_import(operator, problem=str(error), fields=form)
    name = token_urlsafe(24)
    operator.admin.uploads.keep(
        name,
        UploadedList(
            data=data,
            profile=profile,
            consent=consent,
            owner=session.key,
            at=operator.now,
            result=result,
        ),
    )
    return operator.go_to(f"/import/{name}")


async def show_upload(operator: OperatorVisit) -> Response:
    """Shows what would become of each row."""
    found = _find(operator)
    if found is None:
        return operator.render("upload_gone", section="Import", status=410)
    return _result(operator, found.result, is_done=False)


async def confirm(operator: OperatorVisit, form: SentForm) -> Response:
    """Imports the list."""
    del form
    found = _find(operator)
    if found is None:
        return operator.render("upload_gone", section="Import", status=410)
    # Before the import: a second press of the button must not begin it again.
    operator.admin.uploads.remove(_name(operator))
    results: list[ImportResult] = []

    def do() -> str:
        done = operator.admin.importer.import_list(
            found, profiles=operator.app.load_profiles(), now=operator.now
        )
        results.append(done)
        return (
            f"{len(done.added):,} added, {len(done.updated):,} updated,"
            f" {len(done.existing):,} unchanged, {len(refused_rows(done)):,} refused"
        )

    outcome = await operator.do("import readers", "an uploaded list", do)
    return _result(operator, results[0], is_done=True, notice=f"Imported: {outcome}.")


def _name(operator: OperatorVisit) -> str:
    return str(operator.visit.request.path_params["name"])


def _find(operator: OperatorVisit) -> UploadedList | None:
    session = operator.session
    if session is None:
        return None
    return operator.admin.uploads.find(_name(operator), owner=session.key, now=operator.now)


def _result(
    operator: OperatorVisit, result: ImportResult, *, is_done: bool, notice: str = ""
) -> Response:
    refused, accepted = refused_rows(result), list(accepted_rows(result))
    pages = max(1, -(-len(refused) // _PAGE)), max(1, -(-len(accepted) // _PAGE))
    bad, good = (
        whole_number(operator.asked(name), default=1, most=most)
        for name, most in zip(("refused", "accepted"), pages, strict=True)
    )
    return operator.render(
        "upload",
        section="Import",
        result=result,
        is_done=is_done,
        notice=notice,
        refused=page_of(refused, bad, size=_PAGE),
        refused_count=len(refused),
        refused_page=bad,
        refused_pages=pages[0],
        accepted=page_of(accepted, good, size=_PAGE),
        accepted_count=len(accepted),
        accepted_page=good,
        accepted_pages=pages[1],
    )


def _consent(operator: OperatorVisit, text: str) -> Consent | None:
    if not text.strip():
        return None
    try:
        return parse_consent(text, now=operator.now)
    except ValueError as error:
        raise UsageError(f"the consent {error}") from None
