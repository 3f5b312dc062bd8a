"""Uploaded lists of readers."""

from datetime import UTC, datetime

from digest.pipeline.admin.uploads import UploadedList
from digest.pipeline.subscribers.csv_import import ImportResult


def test_the_description_of_a_list_names_no_reader() -> None:
    uploaded = UploadedList(
        data=b"email\nada@example.org\n",
        profile=None,
        consent=None,
        owner="a session",
        at=datetime(2026, 5, 11, tzinfo=UTC),
        result=ImportResult(added=["ada@example.org"]),
    )
    assert "ada@" not in repr(uploaded)
    assert "22 bytes" in repr(uploaded)
