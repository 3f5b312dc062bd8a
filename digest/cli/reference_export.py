"""Generates docs/reference/export.md from the tables."""

from collections.abc import Iterator

_INTRO = """\
# The files of an export

`digest export` writes a zip with `manifest.json`, the files of the home in `home/`, and one file for each
table in `tables/`; [export.md](../export.md) explains them. Each line of a table is one JSON object with the
keys below; a key may be `null` where its line says so. Times are ISO 8601 in UTC. `→ paper.id` means that
the value is the `id` of a line in `paper.jsonl`. This page is generated from the code.
"""


def export_page() -> str:
    """Returns the text of docs/reference/export.md."""
    return "\n".join([_INTRO, *_tables()])


def _tables() -> Iterator[str]:
    # Imported here: a help page needs no database.
    from digest.store.maintenance import exported_rows

    for table in exported_rows.exported_tables():
        about = exported_rows.DESCRIPTIONS[table.name]
        yield f"## `tables/{table.name}.jsonl`\n"
        yield f"{about[0].upper()}{about[1:]}.\n"
        yield "| key | value |\n| --- | --- |"
        for column in exported_rows.exported_columns(table):
            yield f"| `{column.name}` | {exported_rows.described(column)} |"
        yield ""
