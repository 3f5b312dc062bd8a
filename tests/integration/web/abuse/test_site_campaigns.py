"""Short forms of the measurements in benchmarks/site."""

import pytest

from benchmarks.site import load, signups, times, tokens


# test_site_abuse.py sends from one network, and for one domain.
@pytest.mark.parametrize(
    "attack",
    ["one address", "all fields filled in", "proofs of work solved", "proofs of work not solved"],
)
def test_an_attack_brings_at_most_the_documented_number_of_messages(attack: str) -> None:
    result = signups.run(attack, 10, hours=1, hourly=6)
    assert result["messages"] <= result["allowed"], result  # type: ignore[operator]
    # The attack reached the limit, so the limit is what stopped it.
    assert result["messages"] >= result["allowed"] - 1, result  # type: ignore[operator]


def test_no_wrong_token_is_accepted_and_each_answer_says_what_to_do() -> None:
    result = tokens.run(100)
    assert set(result["kinds"]) == set(tokens.KINDS)  # type: ignore[call-overload]
    assert tokens.is_good(result), result


@pytest.mark.parametrize("path", list(times.FORMS))
def test_the_answers_for_readers_and_for_others_are_equal(path: str) -> None:
    """How long they take is measured with a thousand pairs by the script alone."""
    result = times.measure(path, 4)
    assert (result["pairs"], result["unequal answers"]) == (4, 0)


def test_the_measured_pages_are_those_of_readers() -> None:
    found = list(load.paths(10, ["/assets/x.css"], 500))
    assert {kind for kind, _ in found} == set(load.MIX)
    shown = load.report([(kind, 200, 5.0) for kind, _ in found] + [("/p/", 503, 250.0)])
    assert (shown["failed"], shown["median"], shown["most"]) == ({"/p/ 503": 1}, 5.0, 250.0)
