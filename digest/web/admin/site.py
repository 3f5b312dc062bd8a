"""What the operator's pages need beside the site."""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct, field

from digest.app.application import App
from digest.pipeline.admin.uploads import ListImporter, Uploads
from digest.web.admin.page_views import PageViews


class AdminSite(Struct, frozen=True, kw_only=True):
    """The dependencies of the operator's pages."""

    app: App
    operators: tuple[str, ...]  # who may sign in
    is_secure: bool  # the site is reached by https
    importer: ListImporter
    views: PageViews
    uploads: Uploads = field(default_factory=Uploads)


def build_admin_site(
    app: App, *, clock: Callable[[], datetime], log: Callable[[str], None]
) -> AdminSite | None:
    """Returns what the operator's pages need; None if there are none.

    Args:
        app: the program, opened on the home.
        clock: returns the current time.
        log: takes one line for the operator.
    """
    settings = app.settings
    if not settings.admin:
        return None
    if settings.base_url is None:
        log("serve: there is no /admin: DIGEST_ADMIN needs DIGEST_BASE_URL, for the links in mails")
        return None
    if problem := settings.delivery_problem():
        log(f"serve: nobody can sign in at /admin: {problem}")
    return AdminSite(
        app=app,
        operators=settings.admin,
        is_secure=settings.base_url.startswith("https:"),
        importer=ListImporter(
            store=app.store,
            database_url=settings.database_url,
            home=app.home.path,
            keys=app.signing_keys,
        ),
        views=PageViews(app.store, clock=clock),
    )
