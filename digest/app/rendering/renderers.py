"""The languages and looks of a home, and the renderer of digests for each of them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from digest.config.home import HomeFolder
from digest.config.mailing_lists.loader import FILE, MailingList, MailingLists
from digest.config.settings.loader import Settings
from digest.core.models.profiles import MailTheme
from digest.errors import SettingsError
from digest.languages.available import Languages
from digest.mail.rendering.renderer import Renderer
from digest.mail.theming import theme
from digest.mail.theming.template_files import template_folder
from digest.mail.theming.theme import Theme

if TYPE_CHECKING:
    from digest.mail.figures.figure import FigureSource

_CACHED_PAPERS = 1000  # papers whose rendered cards stay in memory: some megabytes


def installed_languages(settings: Settings) -> Languages:
    """Returns the languages of an installation.

    Raises:
        SettingsError: the template folder does not exist, or has no catalogue of DIGEST_LANGUAGE.
    """
    folder = settings.templates
    if folder is not None and not folder.is_dir():
        raise SettingsError(f"DIGEST_TEMPLATES: {folder} is no folder; make it, or unset it")
    folders = [*([folder] if folder else []), template_folder()]
    return Languages(folders, default=settings.language)


class Renderers:
    """Compiles the templates once for each language and each mailing list that is needed.

    Args:
        home: has the themes.
        settings: has the template folder and the default language.
        contact: how the operator of a fetched site can reach us.
        domain: of the Content-IDs of pictures.
        lists: returns the mailing lists, which may have a look of their own.

    Raises:
        SettingsError: the template folder, a catalogue, a template or the theme cannot be used.
    """

    def __init__(
        self,
        home: HomeFolder,
        settings: Settings,
        *,
        contact: str,
        domain: str,
        lists: Callable[[], MailingLists] = MailingLists,
    ) -> None:
        self._home = home
        self._settings = settings
        self._contact = contact
        self._domain = domain
        self._lists = lists
        self._languages = installed_languages(settings)
        # Connections share the renderers. A list has its own, also with the usual look: what they
        # keep contains the name of the digest.
        self._renderers: dict[tuple[str, str | None, MailTheme], Renderer] = {}
        self._looks: dict[tuple[str | None, MailTheme], tuple[Theme, FigureSource | None]] = {}
        self.of("")  # an error in the templates is found before a digest is made

    def of(
        self, language: str, list_name: str | None = None, chosen: MailTheme = MailTheme.USUAL
    ) -> Renderer:
        """Returns the renderer for a language; that of the default language for an unknown one.

        Args:
            language: code of the language; empty: the default one.
            list_name: the mailing list; None, or one that is not there any more: the usual look.
            chosen: the theme that the reader chose. A list has one look for all its readers.

        Raises:
            SettingsError: a template, or the theme of the list, cannot be used.
        """
        code = self._languages.choose(language)
        key = code, list_name, MailTheme.USUAL if list_name else chosen
        if key not in self._renderers:
            look, pictures = self._look(list_name, key[2])
            self._renderers[key] = Renderer(
                overrides=self._settings.templates,
                theme=look,
                keep=_CACHED_PAPERS,
                figures=pictures,
                translation=self._languages.translation(code),
                is_default=code == self._languages.default,
                of_list=list_name is not None,
            )
        return self._renderers[key]

    def _look(
        self, list_name: str | None, chosen: MailTheme
    ) -> "tuple[Theme, FigureSource | None]":
        if (list_name, chosen) not in self._looks:
            mailing_list = self._lists().named(list_name) if list_name else None
            look = chosen_theme(theme_of(mailing_list, home=self._home), chosen)
            self._looks[list_name, chosen] = look, self._pictures(look)
        return self._looks[list_name, chosen]

    def _pictures(self, look: Theme) -> "FigureSource | None":
        if look.images == "none":
            return None
        # Imported here: most homes send no pictures, and this loads an HTTP client.
        from digest.app.rendering import figures

        return figures.of_theme(look, contact=self._contact, domain=self._domain)


def chosen_theme(usual: Theme, chosen: MailTheme) -> Theme:
    """Returns the theme that a reader chose, with the name, logo, address and pictures of the usual one."""
    if chosen is MailTheme.USUAL:
        return usual
    return replace(
        theme.built_in(chosen.value),
        name=usual.name,
        logo=usual.logo,
        logo_width=usual.logo_width,
        address=usual.address,
        images=usual.images,
    )


def theme_of(mailing_list: MailingList | None, *, home: HomeFolder) -> Theme:
    """Returns the look of the messages of a list; None: of those without one.

    The name in the theme of the home does not replace the title of a list.

    Raises:
        SettingsError: the theme cannot be used.
    """
    if mailing_list is None:
        return theme.read(home.theme_file)
    name = mailing_list.theme
    if name is None:
        look = theme.read(home.theme_file)
    elif name.endswith(".toml"):
        file = home.path / name
        if not file.is_file():
            raise SettingsError(f"{FILE}: list {mailing_list.name}: there is no theme {file}")
        look = theme.read(file)
    elif name in theme.built_in_names():
        look = theme.built_in(name)
    else:
        known = ", ".join(theme.built_in_names())
        raise SettingsError(
            f"{FILE}: list {mailing_list.name}: there is no theme {name!r}; write one of {known},"
            " or a file that ends in .toml"
        )
    return replace(look, name="")
