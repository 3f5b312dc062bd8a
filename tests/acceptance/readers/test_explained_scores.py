"""What `digest explain`, `rank` and the message say about a score, in words."""

import re
from pathlib import Path

from support.homes import DigestHome

NOW = "2026-05-11T06:00:00Z"
PROFILE = """\
email = "ada@example.org"

[[topics]]
name = "Efficient inference"
keywords = ["KV cache^2", "quantiz*", '"mixture of experts"', "speculative decoding"]
"""


def ranked(digest_home: DigestHome, samples: list[Path]) -> tuple[str, list[dict[str, object]]]:
    digest_home.json("collect", "--file", samples[0], "--now", NOW)
    file = digest_home.profile("ada", PROFILE)
    text = digest_home.digest("rank", "--profile", file, "--now", NOW).out
    return text, digest_home.json("rank", "--profile", file, "--now", NOW)["ranked"]


def test_no_syntax_of_a_keyword_is_shown(bare_home: DigestHome, samples: list[Path]) -> None:
    text, items = ranked(bare_home, samples)
    explained = [
        bare_home.digest("explain", str(item["id"]), "--now", NOW).out for item in items[:5]
    ]
    texts = [text, *explained]
    out = bare_home.path / "out"
    result = bare_home.json("preview", "--out", out, "--no-pictures", "--now", NOW)
    texts.append(Path(result["files"]["text"]).read_text("utf-8"))
    assert "quantiz…" in texts[0]
    for shown in texts:
        assert not re.search(r'quantiz\*|\^2|"mixture of experts"|0 % match', shown)


def test_a_score_has_a_word_in_text_and_in_json(bare_home: DigestHome, samples: list[Path]) -> None:
    _, items = ranked(bare_home, samples)
    words = {"strong": "strong match", "good": "good match", "related": "related", "weak": "weak"}
    for item in items[:6]:
        text = bare_home.digest("explain", str(item["id"]), "--now", NOW).out
        assert f"  {words[str(item['level'])]}" in text
    levels = [str(item["level"]) for item in items]
    assert levels == sorted(levels, key=["strong", "good", "related", "weak"].index)


def test_the_points_of_an_explanation_add_up_and_each_has_at_least_one(
    bare_home: DigestHome, samples: list[Path]
) -> None:
    _, items = ranked(bare_home, samples)
    for item in items[:6]:
        text = bare_home.digest("explain", str(item["id"]), "--now", NOW).out
        points = [float(value) for value in re.findall(r"^ +\+(\d+\.\d)  ", text, re.MULTILINE)]
        assert abs(sum(points) - float(str(item["score"]))) < 0.1 * len(points)
        named = text.splitlines()[2:]
        if "less than a point" in named[-1]:
            named, points = named[:-1], points[:-1]
        assert all(value >= 1.0 for value in points)


def test_words_of_the_paper_are_named_for_a_keyword_that_it_is_close_to(
    bare_home: DigestHome, samples: list[Path]
) -> None:
    _, items = ranked(bare_home, samples)
    dump = " ".join(samples[0].read_text("utf-8").split()).lower()
    close = [
        match
        for item in items
        for match in item["matches"]  # type: ignore[attr-defined]
        if match["field"] == "related"
    ]
    assert close
    for match in close:
        assert match["words"]
        for words in match["words"]:
            parts = map(re.escape, words.lower().split(" "))
            assert re.search(r"\W+".join(parts), dump), words
