"""The languages of a home, and the renderer of digests for each of them."""

from digest.app.rendering import figures
from digest.config.home import HomeFolder
from digest.config.settings.loader import Settings
from digest.errors import SettingsError
from digest.languages.available import Languages
from digest.mail.rendering.renderer import Renderer
from digest.mail.theming import theme
from digest.mail.theming.template_files import template_folder

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
    """Compiles the templates once for each language that is needed.

    Args:
        home: has the theme.
        settings: has the template folder and the default language.
        contact: how the operator of a fetched site can reach us.
        domain: of the Content-IDs of pictures.

    Raises:
        SettingsError: the template folder, a catalogue, a template or the theme cannot be used.
    """

    def __init__(self, home: HomeFolder, settings: Settings, *, contact: str, domain: str) -> None:
        self._settings = settings
        self._theme = theme.read(home.theme_file)
        self._languages = installed_languages(settings)
        self._figures = figures.of_theme(self._theme, contact=contact, domain=domain)
        self._renderers: dict[str, Renderer] = {}
        self.of("")  # an error in the templates is found before a digest is made

    def of(self, language: str) -> Renderer:
        """Returns the renderer for a language; that of the default language for an unknown one."""
        code = self._languages.choose(language)
        if code not in self._renderers:
            self._renderers[code] = Renderer(
                overrides=self._settings.templates,
                theme=self._theme,
                keep=_CACHED_PAPERS,
                figures=self._figures,
                translation=self._languages.translation(code),
                is_default=code == self._languages.default,
            )
        return self._renderers[code]
