"""OPML files: the feeds that they list, in well-formed files and in others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import InputError
from digest.sources.feeds.opml import ListedFeed, parse


def feeds(body: str) -> tuple[ListedFeed, ...]:
    found, rejected = parse(f"<opml><body>{body}</body></opml>".encode(), origin="f.opml")
    assert not rejected
    return found


def test_feeds_in_folders_are_found_with_their_titles() -> None:
    found = feeds(
        '<outline text="Labs"><outline type="rss" text="A &amp; B" xmlUrl="https://a.example/f"/>'
        "<outline title='C' xmlurl='http://c.example/?x=1&amp;y=2'/></outline>"
    )
    assert found == (
        ListedFeed(title="A & B", url="https://a.example/f"),
        ListedFeed(title="C", url="http://c.example/?x=1&y=2"),
    )


@pytest.mark.parametrize(
    "description",
    ["news & more", "a < b", "<a href=x>y</a>", 'the "best" of', "it's", "x > y", "&nbsp;"],
)
def test_a_description_that_is_not_well_formed_costs_no_feed(description: str) -> None:
    one = f'<outline text="A" description="{description}" xmlUrl="https://a.example/f"/>'
    two = '<outline text="B" xmlUrl="https://b.example/f" />'
    assert [item.url for item in feeds(one + two)] == ["https://a.example/f", "https://b.example/f"]


def test_a_feed_in_a_comment_is_not_listed() -> None:
    assert feeds('<!-- <outline xmlUrl="https://a.example/f"/> -->') == ()


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "feed"])
def test_an_address_that_is_not_of_the_web_is_rejected_with_its_title(url: str) -> None:
    text = f'<opml><outline text="A" xmlUrl="{url}"/></opml>'
    found, rejected = parse(text.encode(), origin="f.opml")
    assert (found, [item.reason for item in rejected]) == (
        (),
        ["the address of A is not an http or https address"],
    )


@pytest.mark.parametrize(
    "text, reason",
    [
        ("<html><outline/></html>", "it is not an OPML file"),
        ("", "empty"),
        ('<!DOCTYPE o [<!ENTITY a "b">]><opml/>', "it declares entities"),
        ("<opml>" + "<outline>" * 2_000 + "</opml>", "nested more than 1,000 levels deep"),
        ("<opml>" + "<outline/>" * 300_000 + "</opml>", "more than 250,000 elements"),
        ("<opml>" + " " * 9 * 2**20, "too large"),
    ],
)
def test_a_hostile_or_wrong_file_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        parse(text.encode(), origin="f.opml")


def test_a_file_of_too_many_feeds_is_cut_and_says_so() -> None:
    text = "".join(f'<outline xmlUrl="https://a.example/{n}"/>' for n in range(10_002))
    found, rejected = parse(f"<opml>{text}</opml>".encode(), origin="f.opml")
    assert len(found) == 10_000
    assert "10,000" in rejected[0].reason


@given(st.text(alphabet="<>outline xmlUr=\"'!-&;/a:.", max_size=300))
def test_any_text_gives_feeds_or_a_reason(text: str) -> None:
    found, _ = parse(f"<opml>{text}</opml>".encode(), origin="f.opml")
    assert all(item.url.startswith(("http:", "https:")) for item in found)
