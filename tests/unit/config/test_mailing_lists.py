"""`lists.toml`: what it may say, and where each mistake is."""

from pathlib import Path

import pytest

from digest.config.email_addresses import NamedAddress
from digest.config.mailing_lists import loader
from digest.core.subscribers.removals import FEW, is_plausible
from digest.errors import SettingsError

LIST = '[[lists]]\nname = "climate"\ntitle = "Climate Digest"\nprofile = "lists/climate.toml"\n'


def load(home: Path, text: str) -> loader.MailingLists:
    (home / "lists.toml").write_text(text, "utf-8")
    return loader.load(home)


def test_without_the_file_there_are_no_lists(tmp_path: Path) -> None:
    assert loader.load(tmp_path).lists == ()


def test_a_list_is_found_by_its_name_and_by_its_file(tmp_path: Path) -> None:
    more = 'sender = "Climate <c@example.org>"\ndkim_key = "keys/c.pem"\noffered = false\n'
    lists = load(tmp_path, LIST + more)
    (item,) = lists.lists
    assert (item.sender, item.offered) == (
        NamedAddress(name="Climate", address="c@example.org"),
        False,
    )
    assert item.dkim_key == tmp_path / "keys" / "c.pem"
    assert lists.named("climate") is lists.following("lists/climate.toml") is item
    assert lists.named("other") is lists.named(None) is lists.following(None) is None
    assert lists.name_of(tmp_path / "lists", "climate", tmp_path) == "climate"


@pytest.mark.parametrize(
    "text, problem",
    [
        (LIST.replace('"climate"', '"Climate!"'), '2:8: "Climate!" is no name of a list'),
        (LIST.replace("title", "titel"), '3:1: unknown key "titel"; did you mean "title"?'),
        (LIST.replace("lists/", "profiles/"), "4:11: .*each file in profiles/ is a subscription"),
        (LIST.replace("lists/", "../"), "4:11: .*write a file in the home"),
        (LIST.replace(".toml", ".json"), "4:11: .*ends in .toml"),
        (LIST + 'sender = "nobody"\n', '5:10: "nobody" is no sender: must have exactly one "@"'),
        (LIST + 'sender = "A\\nBcc: b@x.org <a@x.org>"\n', "5:10: .*control characters"),
        (LIST + 'list_id = "climate"\n', "5:11: .*a name like a domain"),
        (LIST + 'title = "x"\n', "5:12: this key or table is already set above"),
        (LIST + 'dkim_key = "c.pem"\n', "5:12: .*write sender = ... too"),
        (LIST + 'dkim_selector = "s1"\n', "5:17: .*write dkim_key = ... too"),
        (LIST + LIST, '6:8: "climate" is the name of another list'),
        (LIST + LIST.replace('"climate"', '"other"'), "8:11: .*is the profile of another list"),
        ('[[lists]]\nname = "x"\n', '1:1: "title" is missing; write title = "Climate Digest"'),
        ("[[list]]\n", 'unknown key "list"; did you mean "lists"?'),
        ("\xff", "1:"),
    ],
)
def test_a_mistake_is_reported_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=rf"lists\.toml:.*{problem}"):
        load(tmp_path, text)


def test_a_removal_is_plausible_unless_it_takes_all_or_most_of_many() -> None:
    assert is_plausible(1, staying=1)
    assert is_plausible(FEW, staying=1)
    assert is_plausible(1000, staying=1000)
    assert not is_plausible(1, staying=0)
    assert not is_plausible(FEW + 1, staying=FEW)
