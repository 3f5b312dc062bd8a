"""The attacks of docs/site.md against the site on a real server; a test for each row."""

import base64
import hashlib
import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from support.samples.feedback_links import feedback_url
from support.servers import site_addresses
from support.servers.readers_site import ADDRESS, ReadersSite, opened
from support.servers.served_home import KEY, SECRET, token_of

from digest.core.models.profiles import FeedbackKind
from digest.core.signup.link_tokens import LinkPurpose, sign_link
from digest.web.security import forms


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ReadersSite]:
    with opened(tmp_path / "home", more=site_addresses.SETTINGS) as served:
        yield served


def page_addresses(site: ReadersSite, number: int) -> list[str]:
    site_addresses.fill(site, number)
    return site_addresses.addresses(site, number, pages_only=True)


def feedback(site: ReadersSite, number: int) -> str:
    now = site.place.now[0]
    return feedback_url(site.url, number, 1, FeedbackKind.LESS, at=now, secret=KEY)


def every_kind_of_message(site: ReadersSite) -> int:
    """Makes the site send each of its messages, and a digest; returns the subscription."""
    number = site.subscribe()
    readers = site.place.site.readers
    assert readers is not None
    readers.first_digests.wait()
    site.client.post(site.preferences(number), data={"wish": "code"})
    site.client.post(site.preferences(number), data={"wish": "address", "email": "new@r.example"})
    site.ask_link()
    site.client.post(site.link(site.messages()[-2], "confirm"))
    site.place.now[0] += timedelta(days=1)
    site.sign_up("new@r.example")
    site.sign_up("bob@reader.example")
    # The page of an older message: what it does can be undone by a message.
    for wish in ("paused", "resumed"):
        site.client.post(site.place.page(token_of(number)), data={"wish": wish})
    subjects = [str(message["Subject"]) for message in site.messages()]
    assert len(set(subjects)) == 9, subjects
    return number


def test_every_page_of_the_site_is_visited(site: ReadersSite) -> None:
    assert set(site_addresses.EXAMPLES) == site_addresses.routes(site)


def test_get_and_head_of_every_address_change_nothing(tmp_path: Path) -> None:
    """Of the site, and of all messages."""
    with opened(tmp_path / "home", more=site_addresses.SETTINGS, first_digests=True) as site:
        number = every_kind_of_message(site)
        site_addresses.fill(site, number)
        mailed = site_addresses.links(site, site.messages())
        addresses = site_addresses.addresses(site, number)
        kinds = {address.removeprefix(site.url).split("/")[1] for address in mailed}
        assert {"u", "p", "confirm"} <= kinds
        before = site.place.rows()
        with httpx.Client(headers=site_addresses.SCANNER, follow_redirects=True) as scanner:
            for address in (*addresses, *sorted(mailed)):
                for method in ("GET", "HEAD"):
                    status = scanner.request(method, address).status_code
                    # A request that was confirmed cannot be confirmed again.
                    assert status == 200, (method, address)
        assert site.place.rows() == before


def test_every_page_has_the_headers_and_no_inline_code(site: ReadersSite) -> None:
    number = site.subscribe()
    for address in (*page_addresses(site, number), f"{site.url}/p/x", f"{site.url}/nothing"):
        answer = site.client.get(address)
        headers = answer.headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["referrer-policy"] == "no-referrer"
        # Only the pages of the public archive may be kept.
        is_public = "/archive" in address
        assert headers["cache-control"] == ("public, max-age=600" if is_public else "no-store")
        assert headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in headers
        if address.endswith(("data.json", ".bib")):
            continue
        if "/embed" not in address:
            assert "frame-ancestors 'none'" in policy
            assert headers["x-frame-options"] == "DENY"
        assert not re.search(r"<script(?! src)|<style|\son\w+=|\sstyle=|javascript:", answer.text)


def test_no_page_loads_anything_from_elsewhere(site: ReadersSite) -> None:
    number = site.subscribe()
    for address in page_addresses(site, number):
        page = site.client.get(address).text
        linked = r'<link rel="(?:stylesheet|icon)"[^>]*href="([^"]*)"'
        loaded = re.findall(linked, page)
        loaded += re.findall(r'<(?:script|img|iframe)[^>]*src="([^"]*)"', page)
        assert loaded or "<html" not in page
        assert all(item.startswith(("/assets/", "data:")) for item in loaded), address
        for item in loaded:
            if item.startswith("/"):
                asset = site.client.get(site.url + item)
                assert asset.status_code == 200
                assert "immutable" in asset.headers["cache-control"]
                assert "url(" not in asset.text
                assert "@import" not in asset.text


def test_a_page_is_smaller_than_60_kb_with_everything(site: ReadersSite) -> None:
    number = site.subscribe()
    pages = site.place.site.pages.default
    shared = sum(len(text.encode()) for text in (pages.style, pages.script, pages.proof_script))
    for address in page_addresses(site, number):
        assert len(site.client.get(address).content) + shared < 60_000, address


@pytest.mark.parametrize("fetch_site", ["cross-site", "same-site"])
def test_a_form_on_another_site_changes_nothing(site: ReadersSite, fetch_site: str) -> None:
    number = site.subscribe()
    token = site.form()
    before = site.place.rows()
    headers = {"Sec-Fetch-Site": fetch_site, "Origin": "https://evil.example"}
    signup = {"form": token, "email": "x@y.example", "keywords0": "x", "wish": "signup"}
    for address, fields in (
        (f"{site.url}/", signup),
        (f"{site.url}/link", {"form": token, "email": ADDRESS}),
        (site.preferences(number), {"wish": "pause"}),
    ):
        assert site.client.post(address, data=fields, headers=headers).status_code == 403
    assert site.place.rows() == before
    # The one-click POST of a mail provider comes from elsewhere by its nature.
    page = site.place.page(token_of(number))
    one_click = {"List-Unsubscribe": "One-Click"}
    assert site.client.post(page, data=one_click, headers=headers).status_code == 200


def test_a_form_without_our_token_is_not_taken(site: ReadersSite) -> None:
    fields = {"email": ADDRESS, "keywords0": "x", "wish": "signup"}
    wrong_key = sign_link(LinkPurpose.FORM, 0, at=site.place.now[0], secret=b"x" * 32)
    for token in ("", "x", wrong_key):
        answer = site.client.post(f"{site.url}/", data={**fields, "form": token})
        assert answer.status_code == 400
    assert site.messages() == []


@pytest.mark.parametrize(
    "host", ["evil.example", "digest.evil.example:80", "127.0.0.1.evil.example"]
)
def test_a_request_for_another_host_gets_no_page(site: ReadersSite, host: str) -> None:
    for path in ("/", "/link", "/p/x"):
        answer = site.client.get(f"{site.url}{path}", headers={"Host": host})
        assert (answer.status_code, host in answer.text) == (404, False)


def test_links_in_messages_come_from_the_settings_and_not_from_the_request(
    site: ReadersSite,
) -> None:
    token = site.form()
    fields = {"form": token, "email": ADDRESS, "keywords0": "x", "wish": "signup"}
    headers = {"Host": "localhost", "X-Forwarded-Host": "evil.example"}
    site.client.post(f"{site.url}/", data=fields, headers=headers)
    (message,) = site.messages()
    assert "evil.example" not in message.as_string()
    assert "localhost" not in message.as_string()


def test_no_field_leads_to_another_site(site: ReadersSite) -> None:
    token = site.form()
    fields = {"form": token, "email": ADDRESS, "keywords0": "x", "wish": "signup"}
    more = {"next": "https://evil.example", "redirect": "//evil.example"}
    answer = site.client.post(f"{site.url}/?next=//evil.example", data={**fields, **more})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/waiting/")
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_a_body_that_is_too_large_or_too_slow_is_refused(
    site: ReadersSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = site.client.post(f"{site.url}/", content=b"x=" + b"y" * forms.LARGE_BODY)
    assert large.status_code == 413
    many = {f"f{number}": "x" for number in range(forms.LARGE_FIELDS + 1)}
    assert site.client.post(f"{site.url}/", data=many).status_code == 400
    monkeypatch.setattr(forms, "BODY_SECONDS", 0.2)
    host, port = site.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=120) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nx=")
        assert b" 408 " in slow.recv(4096)


@pytest.mark.parametrize(
    "path",
    [
        "/assets/..%2f..%2fmail/text.toml",
        "/assets/style.css",
        "/topics/..%2f..%2fetc%2fpasswd",
        "/topics/nlp.toml",
        "/p/..%2f",
    ],
)
def test_a_path_leads_to_no_file(site: ReadersSite, path: str) -> None:
    assert site.client.get(f"{site.url}{path}").status_code == 404


def test_what_a_reader_writes_is_shown_as_text(site: ReadersSite) -> None:
    evil = "<script>alert(1)</script>"
    number = site.subscribe(keywords0=f'"{evil}"')
    page = site.client.get(site.preferences(number)).text
    assert evil not in page
    assert "&lt;script&gt;" in page
    again = site.client.post(
        f"{site.url}/",
        data={"form": site.form(), "email": '"><script>', "keywords0": evil, "zone": '"><b>'},
    )
    assert evil not in again.text
    assert '"><b>' not in again.text


def test_line_breaks_in_a_field_add_no_header_to_a_message(site: ReadersSite) -> None:
    site.sign_up(keywords0="x\r\nBcc: eve@evil.example", name0="T\r\nSubject: free")
    (message,) = site.messages()
    assert message["Bcc"] is None
    assert "free" not in str(message["Subject"])


def test_wrong_tokens_say_what_to_do_and_nothing_about_addresses(site: ReadersSite) -> None:
    number = site.subscribe()
    good = sign_link(LinkPurpose.MANAGE, number, at=site.place.now[0], secret=KEY)
    nobody = sign_link(LinkPurpose.MANAGE, 999, at=site.place.now[0], secret=KEY)
    other = sign_link(LinkPurpose.CONFIRM, number, at=site.place.now[0], secret=KEY)
    wrong = ["x", good[:-1], good + "A", nobody[:15] + good[15:], other, token_of(number)]
    before = site.place.rows()
    answers = []
    for token in wrong:
        for kind in ("p", "confirm", "waiting"):
            if (kind, token) == ("confirm", other):
                continue
            answers.append(site.client.get(f"{site.url}/{kind}/{token}"))
            data = {"wish": "leave", "code": "123456"}
            answers.append(site.client.post(f"{site.url}/{kind}/{token}", data=data))
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert "incomplete" in answers[0].text
    assert "get a new one" in answers[0].text
    assert site.place.rows() == before


def test_links_of_an_old_key_end_on_the_day_of_the_settings(tmp_path: Path) -> None:
    new = "a-new-key-of-more-than-thirty-two-letters"
    more = {"DIGEST_SECRET": f"{new},{SECRET}", "DIGEST_SECRET_OLD_UNTIL": "2026-05-12"}
    with opened(tmp_path / "home", more=more) as site:
        number = site.subscribe()
        for days in (0, 1, 2):
            now = site.place.now[0]
            answers = [
                site.client.get(f"{site.url}/p/{sign_link(purpose, number, at=now, secret=key)}")
                for purpose in (LinkPurpose.MANAGE, LinkPurpose.PREFERENCES)
                for key in (new.encode(), KEY)
            ]
            old = 200 if days < 2 else 404
            assert [answer.status_code for answer in answers] == [200, old, 200, old]
            assert site.client.get(site.place.page(token_of(number))).status_code == old
            assert site.client.get(feedback(site, number)).status_code == old
            site.place.now[0] += timedelta(days=1)


def test_no_address_and_no_token_is_logged(
    site: ReadersSite, caplog: pytest.LogCaptureFixture
) -> None:
    number = site.subscribe()
    url = site.preferences(number)
    site.client.get(url)
    site.mail.replies["RCPT"] = ["550 5.1.1 <bob@reader.example>: no such user"]
    site.sign_up("bob@reader.example")
    site.messages()
    site.place.now[0] += timedelta(minutes=1)
    logged = caplog.text + "".join(site.place.log)
    for secret in (ADDRESS, "bob@reader.example", url.rpartition("/")[2]):
        assert secret not in logged


def test_all_addresses_of_a_site_below_a_path_keep_that_path(tmp_path: Path) -> None:
    with opened(tmp_path / "home", prefix="/papers") as site:
        number = site.subscribe()
        for address in (f"{site.url}/", f"{site.url}/topics/nlp", site.preferences(number)):
            page = site.client.get(address).text
            linked = re.findall(r'(?:href|src|action)="(/[^"]*)"', page)
            assert linked
            assert all(item.startswith("/papers/") for item in linked)
            for item in linked:
                root = site.url.removesuffix("/papers")
                assert site.client.get(root + item).status_code == 200, item


OWN_PAGE = """\
<!doctype html><html lang="en"><head><title>{% block title %}{% endblock %}</title>
<style>
{% include "web/style.css" %}
</style></head><body>{{ list_name }}<h1>{{ self.title() }}</h1>
{% block content %}{% endblock %}</body></html>
"""


def test_a_style_in_the_operators_own_page_is_allowed_by_its_hash(tmp_path: Path) -> None:
    own = tmp_path / "own" / "web"
    own.mkdir(parents=True)
    (own / "base.html").write_text(OWN_PAGE)
    (own / "style.css").write_text("body { color: teal; }\n")
    with opened(tmp_path / "home", more={"DIGEST_TEMPLATES": str(own.parent)}) as site:
        number = site.subscribe()
        for address in (site.place.page(token_of(number)), site.preferences(number)):
            answer = site.client.get(address)
            (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]
            assert "teal" in style
