"""Every regular expression takes a number of steps that grows with the length of a hostile text.

Each pattern of the program is run on texts that are made from the pattern itself: each of its
repeated parts, and each beginning of a match, again and again, with an end that does not match.
The steps are counted (`support.regex_steps`), so the result is the same on every machine.
"""

import ast
import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.regex_steps import SMALL_BOUND, StepCounter, TooManyStepsError, attacks, programs

import digest
from digest.core.text import tokens
from digest.late_patterns import LatePattern

_ROOT = Path(digest.__file__).parent
_EVERYWHERE = {"search", "sub", "subn", "split", "findall", "finditer"}
_FUNCTIONS = _EVERYWHERE | {"match", "fullmatch"}
_ATTRIBUTE = re.compile(r"\b(\w+)(?=\.(\w+))")
# Patterns that are quadratic alone, and why they are not where they are used.
_EXEMPT = {
    "digest.config.toml_positions._KEY_PART[0]": "only matched at one place, by `_take`",
    "digest.web.security.headers._STYLE[0]": "only pages made from the operator's own templates",
    "digest.config.settings.redaction._PASSWORD_IN_URL[0]": "the text ends with `@`",
}
_LENGTH = 8 * SMALL_BOUND  # characters of the shorter text, if the repeated part is short
_REPEATS = 6  # at least so many times, or the ends count as much as the growth
_GROWTH = 2.6  # times the steps for twice the text: 2 is linear, 4 is quadratic


@dataclass(frozen=True, slots=True)
class Case:
    """A pattern, and where it is."""

    place: str
    pattern: "re.Pattern[Any]"
    everywhere: bool  # it is searched in the whole text, not only matched at its beginning


@cache
def _modules() -> tuple[str, ...]:
    return tuple(
        module.name
        for module in pkgutil.walk_packages([str(_ROOT)], "digest.")
        if not module.name.endswith("__main__") and ".migrations" not in module.name
    )


def _patterns(value: Any) -> Iterator["re.Pattern[Any]"]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, LatePattern):
        yield value.compiled
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _patterns(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _patterns(item)


def _cases() -> Iterator[Case]:
    """Yields every pattern. This runs whenever the tests are collected, so it must be quick."""
    for name in _modules():
        file = _ROOT.parent.joinpath(*name.split(".")).with_suffix(".py")
        source = file.read_text("utf-8") if file.exists() else ""
        if "re." not in source and "late_pattern(" not in source:
            continue
        uses: dict[str, set[str]] = defaultdict(set)  # variable -> the methods that are called
        for variable, method in _ATTRIBUTE.findall(source):
            uses[variable].add(method)
        for variable, value in vars(importlib.import_module(name)).items():
            if f"{variable} = " not in source and f"{variable}: " not in source:
                continue  # imported
            patterns = list(_patterns(value))
            if not patterns:
                continue
            methods = uses[variable]
            everywhere = bool(methods & _EVERYWHERE) or not methods & {"match", "fullmatch"}
            for index, pattern in enumerate(patterns):
                yield Case(f"{name}.{variable}[{index}]", pattern, everywhere)
        if uses["re"] & _FUNCTIONS:
            yield from _written_where_used(name, source)
    # Those that are compiled when they are first used
    yield Case("digest.core.text.tokens._cjk_token", tokens._cjk_token(), everywhere=True)
    yield Case("digest.core.text.tokens._cjk_letter", tokens._cjk_letter(), everywhere=False)


def _written_where_used(name: str, source: str) -> Iterator[Case]:
    """Yields the patterns that are arguments of the functions of `re`."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in _FUNCTIONS
            and isinstance(node.args[0], ast.Constant)
        ):
            flags = re.NOFLAG
            for word in re.findall(r"re\.([A-Z]+)", ast.unparse(node)):
                flags |= re.RegexFlag[word]
            text: Any = node.args[0].value
            pattern = re.compile(text, flags)
            yield Case(f"{name}:{node.lineno}", pattern, node.func.attr in _EVERYWHERE)


@cache  # some patterns are in several places
def worst(pattern: "re.Pattern[Any]", *, everywhere: bool) -> tuple[float, float, str]:
    """Returns the growth, the steps for each character, and the text that takes the most."""
    counter = StepCounter(pattern, largest_bound=SMALL_BOUND)
    result = (0.0, 0.0, "")
    different = {
        (*map(counter.alike, (attack.start, attack.unit, attack.end)),): attack
        for attack in attacks(pattern)
    }
    for attack in different.values():
        length = max(_LENGTH, _REPEATS * len(attack.unit))
        short, long = attack.text(length), attack.text(2 * length)
        try:
            one, two = (counter.steps(text, everywhere=everywhere) for text in (short, long))
        except TooManyStepsError:
            return (99.0, 99_999.0, repr(attack))
        growth = two / one * len(short) / len(long) * 2
        result = max(result, (growth, two / len(long), repr(attack)))
    return result


@pytest.mark.slow
@pytest.mark.parametrize("case", tuple(_cases()), ids=lambda case: case.place)
def test_the_steps_of_a_pattern_grow_with_the_length_of_the_text(case: Case) -> None:
    growth, steps, text = worst(case.pattern, everywhere=case.everywhere)
    print(f"{case.place}: {growth:.2f} times for twice the text, {steps:.0f} a character, {text}")
    if case.place in _EXEMPT:
        assert growth > _GROWTH, "it is linear now: remove it from _EXEMPT"
    else:
        assert growth <= _GROWTH, f"{case.pattern.pattern!r} on {text}"


@pytest.mark.parametrize(
    "pattern, everywhere",
    [
        (r"\s*x", True),
        (r"(?:a|aa)+b", False),
        (r"(?:a+)+b", False),
        (r"[.,;]+(?!\S)", True),
        (r"a*a*b", False),
        (r"(?:\w+ ?)*!", False),
        (r"<[^>]*>", True),
    ],
)
def test_a_slow_pattern_is_found(pattern: str, everywhere: bool) -> None:  # noqa: FBT001 - a case
    assert worst(re.compile(pattern), everywhere=everywhere)[0] > _GROWTH


@pytest.mark.parametrize(
    "pattern",
    [r"(?<!\s)\s*+x", r"(?:a|b)+c", r"<[^<>]{0,40}>", r"(?<![.,;])[.,;]++(?!\S)", r"a.*?b|\Z"],
)
def test_a_linear_pattern_passes(pattern: str) -> None:
    assert worst(re.compile(pattern), everywhere=False)[0] <= _GROWTH


_SOURCES = [
    r"(a|ab)(c|bcd)*d?", r"a{2,3}?b|\bc+\b", r"(?i)A(?!b)[^c]{1,2}", r"(?<=a)b++|(?<!a)b",
    r"(a+)-\1", r"(?>a|ab)c?", r"(?:a*?b){0,2}$", r"^a|b\Z|\Bc", r"[a-c]*+d", r"(?:\bab|c\B|d)+?-", r"(?:a|b){2,}?c",
]  # fmt: skip


@given(st.sampled_from(_SOURCES), st.text("abcdA- \n", max_size=12))
def test_the_counting_engine_finds_what_re_finds(source: str, text: str) -> None:
    pattern = re.compile(source)
    expected = [match.span() for match in pattern.finditer(text)]
    found = StepCounter(pattern).matches(text)
    # `finditer` also gives an empty match where the last one ended, which takes no further steps.
    assert [span for span in found if span[0] < span[1]] == [
        span for span in expected if span[0] < span[1]
    ]


@given(st.sampled_from(_SOURCES), st.text("abcdexA- !\n", max_size=12))
def test_texts_that_a_pattern_treats_alike_take_as_many_steps(source: str, text: str) -> None:
    counter = StepCounter(re.compile(source))
    counter.alike("!xedcbaA- \n")  # the first of those alike stands for them
    assert counter.steps(text, everywhere=True) == counter.steps(
        counter.alike(text), everywhere=True
    )


@given(st.sampled_from(_SOURCES), st.text("abcdA- \n", max_size=12))
def test_places_that_are_not_run_one_by_one_count_as_many_steps(source: str, text: str) -> None:
    quick, slow = (StepCounter(re.compile(source)) for _ in range(2))
    slow._first = None
    for program in programs(slow._program):
        program[:] = [(*one[:3], None) if one[0] == "split" else one for one in program]
    assert quick.steps(text, everywhere=True) == slow.steps(text, everywhere=True)


@example(
    r"b[ac]{9}", " ", "baaaa ", "baaaaaaa"
)  # the first place that differs is the last of a run
@example(r"b[ac]*d", " ", "baaaa ", "baaaad")  # after it
@example(r"b[ac]*$", " ", "baaaa\n", "baaaa\n")  # the second one after it
@example(r"(?<=cab)[ab]", "", "cabba", "")  # before it
@given(
    st.sampled_from([*_SOURCES, r"(?<=ab)c", r"(?<=aba).", r"a+\b", r"(?m)^a|b$", r"[ab]*c"]),
    st.text("abc \n", max_size=5),
    st.text("abc \n", min_size=1, max_size=5),
    st.text("abcd- \n", max_size=5),
)
def test_places_that_are_known_count_as_many_steps(
    source: str, start: str, unit: str, end: str
) -> None:
    quick, slow = (StepCounter(re.compile(source)) for _ in range(2))
    slow._refers = True  # nothing is known then
    text = start + 8 * unit + end
    assert quick.steps(text, everywhere=True) == slow.steps(text, everywhere=True)
    assert quick._loops == slow._loops
