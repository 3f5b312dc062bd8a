"""Checks of `digest doctor`: the mailing lists, each with its profile, its look and its sender."""

from collections.abc import Iterator

from msgspec.structs import replace

from digest.app.messages.list_senders import ListSenders, domain_of
from digest.app.rendering.renderers import theme_of
from digest.config.mailing_lists import loader as list_loader
from digest.config.mailing_lists.loader import MailingList, MailingLists
from digest.config.profiles import loader as profile_loader
from digest.config.settings.loader import Settings
from digest.core.profiles.presentation import channel_of
from digest.doctor import dns
from digest.doctor.findings import CheckContext, CheckResult, ok, problem
from digest.errors import DigestError
from digest.pipeline.profiles.profile_sources import with_email


def check_lists(context: CheckContext) -> Iterator[CheckResult]:
    """Checks `lists.toml`, and what each list names."""
    lists = list_loader.load(context.home.path)
    if not lists.lists:
        yield ok("no mailing lists")
        return
    settings = context.settings()
    for item in lists.lists:
        found = [*_parts(context, settings, lists, item)]
        yield from found or [ok(f"{item.name}: {_summary(settings, lists, item)}")]
        yield from _sender(context, settings, item)


def _parts(
    context: CheckContext, settings: Settings, lists: MailingLists, item: MailingList
) -> Iterator[CheckResult]:
    """Yields the problems with the files that a list names."""
    file = context.home.path / item.profile
    try:
        text = with_email(profile_loader.read(file), "reader@example.org")
        yield from (
            problem(f"{item.name}: {error}") for error in profile_loader.problems(text, file)
        )
        if channel_of(text) is not None:
            yield problem(
                f"{item.name}: {item.profile} has deliver_to, so the channel gets a digest for each"
                " reader, and the site does not offer the list; remove it, and make a profile of its"
                " own for the channel"
            )
    except DigestError as error:
        yield problem(f"{item.name}: {error}")
    try:
        theme_of(item, home=context.home)
    except DigestError as error:
        yield problem(str(error))
    if item.dkim_key is not None:
        try:
            ListSenders(settings, lambda: lists).signer(item.name)
        except DigestError as error:
            yield problem(f"{item.name}: {error}")


def _summary(settings: Settings, lists: MailingLists, item: MailingList) -> str:
    sender = ListSenders(settings, lambda: lists).of(item.name)
    return f"from {sender.from_header}, List-Id {sender.list_id}, profile {item.profile}"


def _sender(context: CheckContext, settings: Settings, item: MailingList) -> Iterator[CheckResult]:
    """Checks the DNS records of a list with a domain or a key of its own."""
    usual = settings.from_
    if item.sender is None or usual is None:
        return
    if item.dkim_key is None and domain_of(item.sender) == domain_of(usual):
        return  # the check of the usual sender says the same
    changes: dict[str, object] = {"from_": item.sender}
    if item.dkim_key is not None:
        changes |= {"dkim_key": item.dkim_key, "dkim_domain": None}
        if item.dkim_selector is not None:
            changes["dkim_selector"] = item.dkim_selector
    elif settings.dkim_domain is None:
        changes["dkim_domain"] = domain_of(usual)
    yield from dns.check_list_sender(
        context, replace(settings, **changes), name=item.name, usual=settings
    )
