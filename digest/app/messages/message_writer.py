"""Writes the e-mail messages of this installation: digests for readers, alerts for its operator."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from secrets import token_hex
from typing import TYPE_CHECKING

from msgspec.structs import replace

from digest.app.messages import message_headers
from digest.app.messages.list_senders import ListSenders, SenderIdentity
from digest.config.settings.loader import Settings
from digest.core.models.delivery import ClaimedEdition, Envelope, Occasion, PackedEdition
from digest.core.models.editions import Edition
from digest.core.models.profiles import Citations, MailTheme
from digest.core.models.subscribers import SubscriptionOrigin
from digest.core.subscribers import signed_tokens
from digest.core.subscribers.reconcile import address_key
from digest.mail.message import mime
from digest.mail.message.crlf import CrlfBytes
from digest.mail.message.smtp_address import ascii_address

if TYPE_CHECKING:
    from digest.core.editions.shown import ShownEdition
    from digest.mail.rendering.message_view import MessageView
    from digest.mail.rendering.renderer import RenderedContent, Renderer
    from digest.mail.rendering.wording import Wording
    from digest.store.editions.shown_editions import ShownEditions


_LONG, _LONG_FOR_WEEKLY = timedelta(days=7), timedelta(days=14)
"""After so much time without a digest, a reader is told since when this one is the first."""


class MessageWriter:
    """Turns claimed editions and alerts into signed messages with their envelope addresses.

    The renderer, the key and the instance id come as functions, which are called when a digest
    is written. An alert needs none of them, so it can still be written when the operator's
    templates are wrong, which is one of the things that an alert reports.

    Args:
        settings: the sender, the list name, and the addresses for replies and bounces.
        renderer: returns the renderer of digests in a language (empty: the default language) for a
            mailing list (None: for none) in a theme; raises SettingsError for a wrong template.
        signing_key: returns the key that signs unsubscribe links and return paths.
        instance_id: returns the name of this installation in Feedback-ID.
        shown_editions: returns what unpacks editions of the ledger.
        senders: say as whom a message is sent.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        renderer: "Callable[[str, str | None, MailTheme], Renderer]",
        signing_key: Callable[[], bytes],
        instance_id: Callable[[], str],
        shown_editions: Callable[[], "ShownEditions"],
        senders: ListSenders,
    ) -> None:
        self._settings = settings
        self._renderer = renderer
        self._signing_key = signing_key
        self._instance_id = instance_id
        self._shown_editions = shown_editions
        self._senders = senders
        self._domain = message_headers.message_domain(settings)

    def with_renderer(self, renderer: "Renderer") -> "MessageWriter":
        """Returns the same with another renderer of digests."""
        return MessageWriter(
            self._settings,
            renderer=lambda *_: renderer,
            signing_key=self._signing_key,
            instance_id=self._instance_id,
            shown_editions=self._shown_editions,
            senders=self._senders,
        )

    def write(self, claimed: ClaimedEdition) -> Envelope:
        """Renders and signs the message of an edition.

        Each retry writes the same bytes, unless the profile or the settings changed meanwhile.

        Raises:
            SettingsError: a template or the DKIM key cannot be used.
        """
        links = self._unsubscribe_links(claimed)
        return self._envelope(claimed, self._render(claimed, links), links)

    def render(self, claimed: ClaimedEdition) -> "RenderedContent":
        """Renders the subject, the HTML part and the text part of an edition.

        Raises:
            SettingsError: a template cannot be used.
        """
        return self._render(claimed, self._unsubscribe_links(claimed))

    def view(self, claimed: ClaimedEdition) -> "tuple[MessageView, Wording]":
        """Returns what the message of an edition shows, without links for its reader alone.

        Raises:
            SettingsError: a template cannot be used.
        """
        from digest.mail.rendering.message_view import FooterLinks, build_view

        list_name = claimed.subscription.list_name
        wanted = claimed.presentation
        renderer = self._renderer(wanted.mail_language, list_name, wanted.theme)
        view = build_view(
            self._shown(claimed),
            renderer.words,
            list_name=renderer.list_name or self._senders.of(list_name).title,
            reader_name="",
            ways=FooterLinks(online=self._online_url(claimed, self._settings.base_url)),
            weekly=claimed.weekly,
            detail=claimed.presentation.detail,
            occasion=_occasion(claimed),
            pictures=False,
        )
        return view, renderer.words

    def _shown(self, claimed: ClaimedEdition) -> "ShownEdition":
        from digest.core.editions.shown import shown_edition

        edition = claimed.edition
        if isinstance(edition, PackedEdition):
            return self._shown_editions().shown(edition)
        return shown_edition(edition)

    def _render(self, claimed: ClaimedEdition, links: Sequence[str]) -> "RenderedContent":
        subscription, edition = claimed.subscription, claimed.edition
        shown = (
            self._shown_editions().shown(edition) if isinstance(edition, PackedEdition) else edition
        )
        base_url = self._settings.base_url
        # A person reads what is sent to these addresses.
        identity = self._senders.of(subscription.list_name)
        ask = identity.reply_to or self._settings.operator
        change = message_headers.change_link(ask) if ask else None
        if subscription.list_name is not None:
            ask, change = None, None
        if base_url and subscription.origin is not SubscriptionOrigin.FILE:
            # The reader changes it on the site. A file is changed by whom the reader asks.
            ask, change = None, self._preferences_url(claimed, base_url)
        wanted = claimed.presentation
        renderer = self._renderer(wanted.mail_language, subscription.list_name, wanted.theme)
        content = renderer.render(
            shown,
            list_name=identity.title,
            reader_name=claimed.reader_name,
            unsubscribe=links[0],
            pause=links[0] if base_url else None,  # one page offers both
            change=change,
            profile_name=f"profiles/{subscription.name}.toml"
            if subscription.origin is SubscriptionOrigin.FILE and self._is_operator(claimed)
            else None,
            ask=ask,
            weekly=claimed.weekly,
            online=self._online_url(claimed, base_url),
            detail=claimed.presentation.detail,
            occasion=_occasion(claimed),
            # A trial message has no subscription to learn for.
            feedback=self._feedback(claimed, base_url)
            if base_url and subscription.subscription_id
            else None,
            pictures=claimed.presentation.pictures,
        )
        if claimed.presentation.attach is Citations.NONE:
            return content
        return _with_citations(content, shown, claimed.presentation.attach)

    def _preferences_url(self, claimed: ClaimedEdition, base_url: str) -> str:
        # These two are imported where they are used: without a site there are no such links.
        from digest.core.signup import reader_links

        return reader_links.preferences_url(
            base_url,
            claimed.subscription.subscription_id,
            at=claimed.composed_at,
            secret=self._signing_key(),
        )

    def _feedback(self, claimed: ClaimedEdition, base_url: str) -> Callable[[int], str]:
        from digest.core.signup import reader_links

        return reader_links.FeedbackUrls(
            base_url,
            claimed.subscription.subscription_id,
            at=claimed.composed_at,
            secret=self._signing_key(),
        ).of

    def _online_url(self, claimed: ClaimedEdition, base_url: str | None) -> str | None:
        """Returns the link to the edition online; None: nobody answers, or it is a trial."""
        if base_url is None or not claimed.edition_id:
            return None
        from digest.core.signup import archive_links

        return archive_links.edition_url(
            base_url, claimed.edition_id, at=claimed.composed_at, secret=self._signing_key()
        )

    def _is_operator(self, claimed: ClaimedEdition) -> bool:
        """Whether the reader can edit the files of this installation."""
        own = (self._settings.operator, self._senders.of(None).sender.address)
        return address_key(claimed.subscription.email) in {
            address_key(address) for address in own if address
        }

    def envelope(self, claimed: ClaimedEdition, content: "RenderedContent") -> Envelope:
        """Builds and signs the message of an edition that is already rendered.

        Args:
            claimed: the edition, with its reader and its Message-ID.
            content: what `render` returned for it.

        Raises:
            SettingsError: the DKIM key cannot be used.
        """
        return self._envelope(claimed, content, self._unsubscribe_links(claimed))

    def _envelope(
        self, claimed: ClaimedEdition, content: "RenderedContent", links: Sequence[str]
    ) -> Envelope:
        recipient = claimed.subscription.email
        identity = self._senders.of(claimed.subscription.list_name)
        message = mime.build_message(
            sender=identity.from_header,
            to=recipient,
            subject=content.subject,
            html=content.html_part,
            text=content.text_part,
            message_id=claimed.message_id,
            # Not the time of sending: a message that is sent again is the same message.
            date=claimed.composed_at,
            list_id=identity.list_id_header,
            reply_to=identity.reply_to,
            attachments=content.attachments,
            # The headers of digests alone. An alert to the operator has no unsubscribe link.
            headers={
                **message_headers.unsubscribe_headers(links),
                "Feedback-ID": message_headers.feedback_id(
                    claimed.edition_id,
                    local_date=claimed.edition.local_date,
                    instance=self._instance_id(),
                    group=identity.group,
                ),
            },
        )
        return Envelope(
            sender=self._return_path(claimed, identity),
            recipient=ascii_address(recipient),
            message=self._signed(message, claimed.subscription.list_name),
        )

    def write_alert(self, *, to: str, subject: str, text: str, now: datetime) -> Envelope:
        """Writes and signs a plain-text message to the operator.

        Its return path names no reader, so a bounce of it suppresses nobody.

        Args:
            to: the operator's address.
            subject: one line.
            text: the body; a newline ends each line.
            now: the message's Date.

        Raises:
            SettingsError: the DKIM key cannot be used.
        """
        message = mime.build_operator_message(
            sender=self._senders.of(None).from_header,
            to=to,
            subject=subject,
            text=text,
            # Without a key or an edition: a bounce of an alert must match no reader.
            message_id=f"<note.{now:%Y%m%d%H%M%S}.{token_hex(8)}@{self._domain}>",
            date=now,
        )
        return Envelope(
            sender=message_headers.plain_return_path(self._settings),
            recipient=ascii_address(to),
            message=self._signed(message),
        )

    def write_site_mail(
        self,
        *,
        to: str,
        subject: str,
        html: str,
        text: str,
        now: datetime,
        list_name: str | None = None,
    ) -> Envelope:
        """Writes and signs a message that somebody asked for on the site.

        Its return path names no reader, so a bounce of it suppresses nobody.

        Args:
            to: the address.
            subject: one line.
            html: the HTML part.
            text: the plain-text part; a newline ends each line.
            now: the message's Date.
            list_name: the mailing list that it is about.

        Raises:
            SettingsError: the DKIM key cannot be used.
        """
        identity = self._senders.of(list_name)
        message = mime.build_message(
            sender=identity.from_header,
            to=to,
            subject=subject,
            html=html,
            text=text,
            message_id=f"<site.{now:%Y%m%d%H%M%S}.{token_hex(8)}@{self._domain}>",
            date=now,
            list_id=identity.list_id_header,
            reply_to=identity.reply_to,
            headers={"X-Auto-Response-Suppress": "All"},
        )
        return Envelope(
            sender=message_headers.plain_return_path(self._settings),
            recipient=ascii_address(to),
            message=self._signed(message, list_name),
        )

    def _signed(self, message: CrlfBytes, list_name: str | None = None) -> bytes:
        signer = self._senders.signer(list_name)
        return message if signer is None else signer.sign(message)

    def _unsubscribe_links(self, claimed: ClaimedEdition) -> tuple[str, ...]:
        return message_headers.unsubscribe_links(
            claimed.subscription.subscription_id,
            base_url=self._settings.base_url,
            mailbox=self._mailbox,
            key=self._signing_key(),
            list_name=claimed.subscription.list_name,
        )

    @cached_property
    def _mailbox(self) -> str:
        """The mailbox that takes requests to unsubscribe."""
        return ascii_address(
            message_headers.bare_address(self._settings.bounces)
            # The program may read the mailbox of the installation, and not that of a list.
            or self._senders.of(None).sender.address
        )

    def _return_path(self, claimed: ClaimedEdition, identity: SenderIdentity) -> str:
        """Returns the address that a bounce of this message goes to."""
        if self._settings.bounces is None:
            return ascii_address(identity.sender.address)
        return ascii_address(
            signed_tokens.return_path(
                self._settings.bounces,
                edition_id=claimed.edition_id,
                subscription_id=claimed.subscription.subscription_id,
                secret=self._signing_key(),
            )
        )


def _with_citations(
    content: "RenderedContent", edition: "Edition | ShownEdition", form: Citations
) -> "RenderedContent":
    from digest.core.editions.shown import shown_edition
    from digest.mail.message.citations import citations_file

    shown = shown_edition(edition) if isinstance(edition, Edition) else edition
    file = citations_file(shown.matched_papers, form, shown.local_date)
    return content if file is None else replace(content, attachments=(*content.attachments, file))


def _occasion(claimed: ClaimedEdition) -> Occasion:
    """Returns whether the message is the first of its subscription, or comes after a long time."""
    previous = claimed.previous
    if previous is not None and claimed.edition.local_date - previous > (
        _LONG_FOR_WEEKLY if claimed.weekly else _LONG
    ):
        return Occasion(since=previous)
    return Occasion(is_first=claimed.is_first)
