"""Renders the pages from the templates."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader
from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import HTMLResponse

from digest.languages.available import Languages
from digest.languages.translation import ENGLISH, Translation
from digest.mail.theming.theme import Theme
from digest.mail.theming.translated_templates import translated_environment
from digest.web.security.headers import operator_headers, public_headers, security_headers

STATIC = ("unsubscribe", "left", "paused", "resumed", "again", "later", "incomplete", "missing")
"""The pages that are the same for every reader; they are rendered at the start."""


class Pages:
    """All web pages in one language.

    Args:
        folders: template folders; a page is taken from the first folder that has it.
        list_name: the name of the digest.
        root: the path of the site, before that of each page; empty or `/path`.
        theme: the operator's colours.
        has_site: whether there are pages on which readers ask for their link.
        has_archive: whether the offered lists have a public archive.
        translation: the language.
    """

    def __init__(
        self,
        folders: Iterable[Path],
        *,
        list_name: str,
        root: str,
        theme: Theme,
        has_site: bool,
        has_archive: bool = False,
        translation: Translation = ENGLISH,
    ) -> None:
        self.translation = translation
        self._loader = FileSystemLoader(list(folders))
        self._environment = translated_environment(self._loader, translation, autoescape=True)
        self.style = self._style(theme)
        self.operator_style = self._source("web/admin/style.css")
        self.script = self._source("web/site.js")
        self.proof_script = self._source("web/proof.js")
        # The names change with the content, so that browsers may keep it for ever.
        self.style_name = f"{_digest(self.style)}.css"
        self.operator_style_name = f"{_digest(self.operator_style)}.css"
        self.script_name = f"{_digest(self.script)}.js"
        self.proof_script_name = f"{_digest(self.proof_script)}.js"
        self.list_name = theme.name or list_name
        self._environment.globals.update(
            list_name=self.list_name,
            zip=zip,
            root=root,
            has_site=has_site,
            has_archive=has_archive,
            style_address=f"{root}/assets/{self.style_name}",
            operator_style_address=f"{root}/assets/{self.operator_style_name}",
            script_address=f"{root}/assets/{self.script_name}",
            proof_script_address=f"{root}/assets/{self.proof_script_name}",
            layout="web/base.html",
        )
        self._pages = {
            name: self._environment.get_template(f"web/{name}.html").render() for name in STATIC
        }

    def answer(
        self, name: str, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> HTMLResponse:
        """Returns a page that is the same for every reader."""
        return self._response(self._pages[name], status=status, headers=headers, script=False)

    def render(
        self,
        name: str,
        *,
        status: int = 200,
        frames: Sequence[str] = (),
        script: bool = True,
        **values: Any,
    ) -> HTMLResponse:
        """Returns a page with values.

        Args:
            name: the name of its template.
            status: the HTTP status.
            frames: the sites whose pages may show it in a frame.
            script: whether it runs the script of the site.
            values: the values.
        """
        layout = {"layout": "web/framed.html"} if frames else {}
        page = self.fragment(name, **{**values, **layout})
        return self._response(page, status=status, script=script, frames=frames)

    def _response(
        self,
        page: str,
        *,
        status: int,
        script: bool,
        headers: Mapping[str, str] | None = None,
        frames: Sequence[str] = (),
        public: bool = False,
    ) -> HTMLResponse:
        secure = security_headers(page, script=script, frames=frames)
        return HTMLResponse(
            page,
            status_code=status,
            headers={
                **(public_headers(secure) if public else secure),
                "Content-Language": self.translation.tag,
                "Vary": "Accept-Language",
                **dict(headers or {}),
            },
        )

    def render_public(self, name: str, **values: Any) -> HTMLResponse:
        """Returns a page that everybody may read, and search engines may index."""
        page = self.fragment(name, **values)
        return self._response(page, status=200, headers=None, script=False, public=True)

    def render_for_operator(
        self, name: str, *, status: int = 200, shows_frame: bool = False, **values: Any
    ) -> HTMLResponse:
        """Returns one of the operator's pages, which run no script.

        Args:
            name: the name of its template in `web/admin`.
            status: the HTTP status.
            shows_frame: whether it shows another page of the site in a frame.
            values: the values.
        """
        page = self.fragment(f"admin/{name}", **values)
        headers = operator_headers(page, shows_frame=shows_frame)
        return HTMLResponse(page, status_code=status, headers=headers)

    def fragment(self, name: str, **values: Any) -> str:
        """Returns the HTML of a template."""
        return self._environment.get_template(f"web/{name}.html").render(values)

    def _source(self, name: str) -> str:
        source, *_ = self._loader.get_source(self._environment, name)
        return source

    def _style(self, theme: Theme) -> str:
        light, dark = (
            "".join(f"--{name}:{colour};" for name, colour in asdict(palette).items())
            for palette in (theme.light, theme.dark)
        )
        return (
            f":root{{{light}}}\n"
            f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
            + self._source("web/style.css")
        )


class SitePages:
    """The pages of a site in every language; each language is compiled when it is first needed.

    Args:
        languages: the languages.
        build: returns the pages in one language.
    """

    def __init__(self, languages: Languages, build: Callable[[Translation], Pages]) -> None:
        self.languages = languages
        self._build = lru_cache(maxsize=None)(build)
        self.default = self.of("")

    def of(self, language: str) -> Pages:
        """Returns the pages in a language; in the default one if there is none like it."""
        return self._build(self.languages.translation(language))

    def for_request(self, request: Request) -> Pages:
        """Returns the pages in the language that the browser prefers."""
        return self.of(self.languages.accepted(request.headers.get("accept-language", "")))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
