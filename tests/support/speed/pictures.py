"""Commands that take no screenshots: a browser takes seconds for those of one message."""

# For a test whose subject is not the pictures; a process runs this before its command.
EMPTY_PICTURES = """\
from digest.cli.papers import screenshots

def write_empty_files(html, *, browser):
    for width in screenshots.WIDTHS:
        for scheme in screenshots.SCHEMES:
            path = html.with_name(f"{html.stem}-{width}-{scheme}.png")
            path.write_bytes(b"")
            yield path

screenshots.find_browser = lambda: "a browser"
screenshots.take_screenshots = write_empty_files
"""
