"""Tables are read as records, or all their problems are found."""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pytest
from msgspec import Meta, field

from digest.config.tables.keys import keys_of
from digest.config.tables.markers import Before, CheckedBy, Table, WholeMessageError
from digest.config.tables.problems import ProblemsError, TableProblem
from digest.config.tables.readers import reader_of
from digest.config.tables.toml_values import TOML


def small(text: str) -> str:
    if text != text.lower():
        raise ValueError("must be in small letters")
    return text


def word(text: str) -> str:
    if " " in text:
        raise WholeMessageError("not a word", character=text.index(" "))
    return text


def one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Word = Annotated[str, CheckedBy(word)]


class Inner(Table, frozen=True, kw_only=True):
    title: str
    count: Annotated[int, Meta(ge=0, le=9)] = 0


class Outer(Table, frozen=True, kw_only=True):
    name: Annotated[str, Meta(max_length=5, description="A name."), CheckedBy(small)]
    share: Annotated[float | None, Meta(gt=0, le=1)] = None
    flag: bool = False
    file: Path | None = None
    mode: Literal["a", "b", "c"] = "a"
    words: Annotated[list[Word], Meta(min_length=1, max_length=3), Before(one_or_more)] = field(
        default_factory=lambda: ["x"]
    )
    forms: dict[Word, Annotated[list[str], Meta(max_length=2)]] = field(default_factory=dict)
    inner: Inner = Inner(title="usual")
    more: list[Inner] = field(default_factory=list)

    def check(self) -> None:
        super().check()
        if self.flag and self.mode == "c":
            raise WholeMessageError("flag and c do not go together", key="mode")


class Loose(Table, frozen=True, kw_only=True):
    ignores_unknown: ClassVar[bool] = True
    name: str = ""


class Open(Table, frozen=True, kw_only=True):
    rest: ClassVar[str | None] = "options"
    name: str = ""
    options: dict[str, Any] = field(default_factory=dict)


def problems(data: Any, table: type[Table] = Outer) -> list[TableProblem]:
    with pytest.raises(ProblemsError) as caught:
        reader_of(table, TOML).read(data)
    return list(caught.value.found)


def described(**values: Any) -> list[tuple[Any, ...]]:
    return [(*item.path, item.text) for item in problems({"name": "n", **values})]


def test_a_table_is_read_as_a_record_with_its_defaults() -> None:
    found = reader_of(Outer, TOML).read(
        {"name": "n", "share": 1, "file": "a/b", "words": "y", "more": [{"title": "t"}]}
    )
    assert found == Outer(
        name="n", share=1.0, file=Path("a/b"), words=["y"], more=[Inner(title="t")]
    )
    assert isinstance(found.share, float)
    assert (found.mode, found.forms, found.inner) == ("a", {}, Inner(title="usual"))


def test_two_tables_share_no_list() -> None:
    first, second = (reader_of(Outer, TOML).read({"name": "n"}) for _ in range(2))
    assert first.words == second.words == ["x"]
    assert first.words is not second.words


@pytest.mark.parametrize(
    "values, text",
    [
        ({"share": "1"}, "must be a number"),
        ({"share": True}, "must be a number"),
        ({"share": float("nan")}, "must be a number"),
        ({"share": 10**400}, "must be a number"),
        ({"share": 0}, "must be more than 0"),
        ({"share": 1.5}, "must be at most 1"),
        ({"flag": 1}, "must be true or false"),
        ({"file": 1}, "must be text in quotes"),
        ({"mode": "d"}, 'must be one of "a", "b" or "c"'),
        ({"mode": ["a"]}, 'must be one of "a", "b" or "c"'),
        ({"words": []}, "must have at least 1 item"),
        ({"words": list("abcd")}, "must have at most 3 items"),
        ({"words": 3}, "must be a list in [brackets]"),
        ({"forms": []}, "must be a table"),
        ({"inner": 3}, "must be a table"),
        ({"name": "longer"}, "must have at most 5 characters"),
        ({"name": "N"}, "must be in small letters"),
    ],
)
def test_a_value_of_another_type_or_beyond_a_limit_is_wrong(
    values: dict[str, Any], text: str
) -> None:
    assert described(**values) == [(*values, text)]


@pytest.mark.parametrize("value", ["1", 1.0, True, None])
def test_a_whole_number_is_nothing_else(value: object) -> None:
    assert described(inner={"title": "t", "count": value}) == [
        ("inner", "count", "must be a whole number")
    ]


def test_all_problems_are_found_in_the_order_of_the_keys() -> None:
    found = problems(
        {
            "what": 1,
            "more": [{"count": -1, "x": 0}, {"title": "t"}, 3],
            "words": ["a", "b c", 3],
            "share": "1",
        }
    )
    assert [(item.kind, item.path) for item in found] == [
        ("missing", ("name",)),
        ("wrong", ("share",)),
        ("whole message", ("words", 1)),
        ("wrong", ("words", 2)),
        ("missing", ("more", 0, "title")),
        ("wrong", ("more", 0, "count")),
        ("unknown", ("more", 0, "x")),
        ("wrong", ("more", 2)),
        ("unknown", ("what",)),
    ]
    assert [item.value for item in found if item.kind == "wrong"] == ["1", 3, -1, 3]


def test_a_problem_of_a_key_is_told_from_one_of_its_value() -> None:
    found = problems({"name": "n", "forms": {"a b": ["c"], "d": ["e", "f", "g"]}})
    assert [(item.path, item.in_key, item.character) for item in found] == [
        (("forms", "a b"), True, 1),
        (("forms", "d"), False, None),
    ]


def test_a_table_is_checked_as_a_whole_when_all_its_values_are_right() -> None:
    (problem,) = problems({"name": "n", "flag": True, "mode": "c"})
    assert (problem.kind, problem.key, problem.path) == ("whole message", "mode", ())
    assert described(flag=True, mode="c", share=2) == [("share", "must be at most 1")]


def test_unknown_keys_are_refused_ignored_or_kept() -> None:
    data = {"name": "n", "other": 3, "options": 4}
    assert [item.path for item in problems(data, Inner)] == [
        ("title",),
        ("name",),
        ("other",),
        ("options",),
    ]
    assert reader_of(Loose, TOML).read(data) == Loose(name="n")
    assert reader_of(Open, TOML).read(data) == Open(name="n", options={"other": 3, "options": 4})


def test_the_keys_of_a_table_say_what_they_are() -> None:
    keys = keys_of(Outer)
    assert [name for name, key in keys.items() if key.is_required] == ["name"]
    assert (keys["name"].description, keys["name"].examples, keys["flag"].default) == (
        "A name.",
        (),
        False,
    )
    assert [name for name, key in keys.items() if key.inner] == ["inner", "more"]
    assert "options" not in keys_of(Open)
