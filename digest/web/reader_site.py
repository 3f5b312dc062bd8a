"""Builds what signing up and the preferences need from the settings."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from secrets import SystemRandom, token_bytes
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from digest.app.application import App
from digest.app.messages import message_headers
from digest.app.rendering.renderers import theme_of
from digest.core.models.delivery import Envelope
from digest.core.profiles.presentation import channel_of
from digest.languages.available import Languages
from digest.mail.rendering.wording import Wording
from digest.mail.theming.theme import Theme
from digest.pipeline.signup.asking import AskingRules
from digest.pipeline.signup.mails import SiteMail
from digest.pipeline.signup.profile_choices import offered_lists
from digest.version import __version__
from digest.web.outbox.first_digests import FirstDigests
from digest.web.outbox.sender import LONGEST_PAUSE, Outbox
from digest.web.outbox.written import MailTemplates
from digest.web.pages.archive.paper_cards import PaperCards
from digest.web.security.blocked_domains import BlockedDomains
from digest.web.site import ReaderSite

if TYPE_CHECKING:
    from digest.pipeline.signup.week_papers import WeekPapers


def build_reader_site(
    app: App,
    folders: Sequence[Path],
    *,
    languages: Languages,
    theme: Theme,
    clock: Callable[[], datetime],
    log: Callable[[str], None],
) -> ReaderSite | None:
    """Returns what the readers' site needs; None without a public address.

    Args:
        app: the program, opened on the home.
        folders: template folders.
        languages: of the site's messages.
        theme: the operator's colours.
        clock: returns the current time.
        log: takes one line for the operator.

    Raises:
        SettingsError: a setting or a file that it names cannot be used.
    """
    settings = app.settings
    if settings.base_url is None:
        return None
    signup = settings.signup
    if signup != "closed" and (problem := settings.delivery_problem()):
        log(f"serve: nobody can sign up: {problem}")
        signup = "closed"
    base_url = settings.base_url

    @cache
    def templates(language: str, list_name: str | None) -> MailTemplates:
        mailing_list = app.lists.named(list_name)
        return MailTemplates(
            folders,
            list_name=mailing_list.title if mailing_list else settings.list_name,
            theme=theme_of(mailing_list, home=app.home) if mailing_list else theme,
            base_url=base_url,
            translation=languages.translation(language),
        )

    def write(mail: SiteMail, now: datetime) -> Envelope:
        written = templates(languages.choose(mail.language), mail.list_name).write(mail)
        return app.message_writer.write_site_mail(
            to=mail.request.email,
            subject=written.subject,
            html=written.html,
            text=written.text,
            now=now,
            list_name=mail.list_name,
        )

    @lru_cache(maxsize=1)
    def week() -> "WeekPapers":
        # Imported here: ranking loads numpy and its data, which other pages do not need.
        from digest.pipeline.signup.week_papers import WeekPapers

        return WeekPapers(app.store, models=app.ranking_models)

    blocked = BlockedDomains(settings.signup_blocked, log=log)

    def to_zotero(items: Sequence[Mapping[str, Any]], key: str) -> int:
        # Imported here: few readers need it, and it loads an HTTP client.
        from digest.sources.http.client import user_agent
        from digest.sources.library import zotero_api

        agent = user_agent(__version__, contact=app.contact)
        return zotero_api.send(items, key=key, user_agent=agent, clock=time.monotonic)

    @cache
    def cards(language: str) -> PaperCards:
        translation = languages.translation(language)
        is_default = languages.choose(language) == languages.default
        return PaperCards(Wording.read(folders, translation, is_default=is_default))

    needs_lists = signup != "closed" or settings.public_archive
    offered = (
        tuple(offered_lists(settings.signup_topics, home=app.home.path, lists=app.lists))
        if needs_lists
        else ()
    )
    invitation = settings.signup_invitation
    return ReaderSite(
        base_url=settings.base_url,
        root=urlsplit(settings.base_url).path.rstrip("/"),
        signup=signup,
        invitation=invitation.get_secret_value() if invitation else "",
        terms=settings.signup_terms,
        rules=AskingRules(
            key=app.signing_keys[0],
            hourly=settings.signup_hourly,
            domains=settings.signup_domains,
            blocked=blocked.read,
        ),
        lists=()
        if signup == "closed"
        # Nobody joins by a form what goes to a channel: each member would bring it one digest more.
        else tuple(item for item in offered if channel_of(item.text) is None),
        hand_over=settings.hand_over_profiles,
        pictures=theme.images != "none",
        link_life=timedelta(days=settings.link_days),
        trusted_proxies=settings.trusted_proxies,
        contact=settings.reply_to or message_headers.sender(settings).address,
        week=week,
        models=lambda: app.ranking_models,
        load_profiles=app.load_profiles,
        frames=settings.signup_frames,
        random_bytes=token_bytes,
        first_digests=FirstDigests(app, clock=clock, log=log),
        outbox=Outbox(
            app.store,
            keys=app.signing_keys,
            clock=clock,
            log=log,
            connect=app.connect,
            write=write,
            pause=lambda: SystemRandom().uniform(0, LONGEST_PAUSE),
        ),
        cards=cards,
        view_life=timedelta(days=settings.view_days) if settings.view_days else None,
        archived={item.name: item for item in offered} if settings.public_archive else {},
        to_zotero=to_zotero,
    )
