"""Renders the messages of the site from `templates/mail/site`."""

from collections.abc import Iterable
from pathlib import Path

from jinja2 import FileSystemLoader
from msgspec import Struct

from digest.languages.translation import ENGLISH, Translation
from digest.mail.rendering.text_wrap import wrap
from digest.mail.theming.theme import Theme
from digest.mail.theming.translated_templates import translated_environment
from digest.pipeline.signup.mails import SiteMail


class WrittenMail(Struct, frozen=True, kw_only=True):
    """A message before it becomes MIME."""

    subject: str
    html: str
    text: str


class MailTemplates:
    """The templates of the site's messages.

    Args:
        folders: template folders; the first folder that has a template is used.
        list_name: the name of the digest.
        theme: the operator's colours.
        base_url: the public address of the site.
        translation: the language.
    """

    def __init__(
        self,
        folders: Iterable[Path],
        *,
        list_name: str,
        theme: Theme,
        base_url: str,
        translation: Translation = ENGLISH,
    ) -> None:
        loader = FileSystemLoader(list(folders))
        # With an ordinary space, text from right to left shows the two halves in the wrong order.
        self._space = " " if translation.direction == "ltr" else "\u00a0"
        shared = {"list_name": theme.name or list_name, "theme": theme, "base_url": base_url}
        self._html = translated_environment(loader, translation, autoescape=True)
        self._text = translated_environment(loader, translation, autoescape=False)
        for environment in (self._html, self._text):
            environment.globals.update(shared)

    def write(self, mail: SiteMail) -> WrittenMail:
        """Returns the message. The first line of the text template is the subject."""
        values = {
            "code": f"{mail.code[:3]}{self._space}{mail.code[3:]}",
            "token": mail.token,
            "links": mail.links,
            "did": mail.request.wish.get("did", ""),  # for `undo`
            "asked_at": mail.request.asked_at,
        }
        text = self._text.get_template(f"mail/site/{mail.template}.txt").render(values)
        subject, _, body = text.partition("\n")
        lines = [line if "://" in line else wrap(line) for line in body.strip().split("\n")]
        return WrittenMail(
            subject=subject.strip(),
            html=self._html.get_template(f"mail/site/{mail.template}.html").render(values),
            text="\n".join(lines) + "\n",
        )
