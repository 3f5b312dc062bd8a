"""The addresses of the operator's pages. All but those to sign in need a session."""

from collections.abc import Iterator

from digest.web.admin import imports, overview, queue, reader_digests, readers, sign_in
from digest.web.admin.guarded import (
    Endpoint,
    open_form,
    open_page,
    operators_form,
    operators_page,
)
from digest.web.admin.reader_digests import ReaderDigestPages
from digest.web.admin.sources import SourcePages
from digest.web.security.forms import IMPORT_BODY
from digest.web.site import Site


def operator_pages(site: Site) -> Iterator[tuple[str, str, Endpoint]]:
    """Yields path, method and endpoint of each page; nothing if DIGEST_ADMIN names nobody."""
    admin = site.admin
    if admin is None or site.readers is None:
        return
    for path, show, change in (
        ("/sign-in", sign_in.show_sign_in, sign_in.ask_sign_in),
        ("/code/{token}", sign_in.show_code, sign_in.type_code),
        ("/link/{token}", sign_in.show_link, sign_in.press_link),
    ):
        yield f"/admin{path}", "GET", open_page(site, admin, show)
        yield f"/admin{path}", "POST", open_form(site, admin, change)
    digests, sources = ReaderDigestPages(), SourcePages()
    reader = "/readers/{number}"
    digest = f"{reader}/digests/{{digest}}"
    for path, page in (
        ("", overview.show_today),
        ("/readers", readers.show_readers),
        (reader, readers.show_reader),
        (f"{digest}/profile", digests.show_profile),
        (f"{digest}/next", reader_digests.show_next),
        (f"{digest}/message", reader_digests.show_message),
        ("/queue", queue.show_queue),
        ("/sources", sources.show),
        ("/import", imports.show_import),
        ("/import/{name}", imports.show_upload),
        ("/plots", overview.show_plots),
        ("/log", overview.show_log),
        ("/settings", overview.show_settings),
    ):
        yield f"/admin{path}", "GET", operators_page(site, admin, page)
    for path, form in (
        ("/sign-out", sign_in.sign_out),
        ("/readers/export", readers.export_readers),
        (reader, readers.change_reader),
        (f"{digest}/profile", digests.change_profile),
        ("/queue", queue.decide),
        ("/sources", sources.change),
        ("/import/{name}", imports.confirm),
        ("/settings", overview.send_test_mail),
    ):
        yield f"/admin{path}", "POST", operators_form(site, admin, form)
    # A list of many readers is larger than other forms.
    yield "/admin/import", "POST", operators_form(site, admin, imports.upload, max_body=IMPORT_BODY)
