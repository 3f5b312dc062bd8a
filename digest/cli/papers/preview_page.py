"""Shows several rendered messages on one page, each in a frame as wide as a phone."""

from collections.abc import Iterable
from html import escape

_WIDTH = 390  # pixels: a phone
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>All forms of the digest</title><style>
body {{ margin: 24px; font: 15px/1.4 system-ui, sans-serif; background: #e8eaed; color: #17191c }}
section {{ display: flex; gap: 24px; overflow-x: auto; padding-bottom: 24px }}
figure {{ margin: 0 }} figcaption {{ margin-bottom: 6px; max-width: {width}px }}
iframe {{ width: {width}px; height: 900px; border: 0; background: #fff }}
</style></head><body><h1>All forms of the digest</h1>
{themes}</body></html>
"""


def all_forms_page(forms: Iterable[tuple[str, str, str, str]]) -> str:
    """Returns a page with a row of messages for each theme.

    Args:
        forms: theme, form, subject and HTML of each message, ordered by theme.
    """
    rows: dict[str, list[str]] = {}
    for theme, form, subject, html in forms:
        # A sandboxed frame runs nothing, whatever a template contains.
        rows.setdefault(theme, []).append(
            f"<figure><figcaption><b>{escape(form)}</b> {escape(subject)}</figcaption>"
            f'<iframe sandbox title="{escape(form)}" srcdoc="{escape(html)}"></iframe></figure>\n'
        )
    themes = "".join(
        f"<h2>{escape(theme)}</h2><section>\n{''.join(figures)}</section>\n"
        for theme, figures in rows.items()
    )
    return _PAGE.format(width=_WIDTH, themes=themes)
