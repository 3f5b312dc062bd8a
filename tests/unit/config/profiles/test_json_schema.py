"""The JSON schema and the program agree on what a profile is."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digest.config.profiles.loader import problems
from digest.config.profiles.schema import json_schema
from digest.config.scaffold import example_profile

PAGE = Path(__file__).resolve().parents[4] / "docs" / "profiles.md"
WHOLE = PAGE.read_text("utf-8").partition("```toml\n")[2].partition("```")[0]  # has every key
SHORT = """\
email = "ada@example.org"
[[topics]]
name = "Caches"
keywords = ["KV cache"]
"""


def conflicts(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> list[str]:
    """What of a JSON value the schema refuses; knows the words that this schema uses."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    unknown = set(schema) - KNOWN_WORDS
    assert not unknown, f"teach the validator: {unknown}"
    if "anyOf" in schema:
        options = [conflicts(value, option, root) for option in schema["anyOf"]]
        return [] if [] in options else [f"{value!r} is none of {schema['anyOf']}"]
    kinds: dict[str, tuple[type, ...]] = {
        "object": (dict,),
        "array": (list,),
        "string": (str,),
        "boolean": (bool,),
        "integer": (int,),
        "number": (int, float),
    }
    wanted = schema.get("type")
    if wanted == "null" or (wanted and not isinstance(value, kinds[wanted])):
        return [f"{value!r} is no {wanted}"]
    limits: dict[str, Callable[[Any], bool]] = {
        "minimum": lambda limit: value >= limit,
        "maximum": lambda limit: value <= limit,
        "exclusiveMinimum": lambda limit: value > limit,
        "minItems": lambda limit: len(value) >= limit,
        "maxItems": lambda limit: len(value) <= limit,
        "maxLength": lambda limit: len(value) <= limit,
        "enum": lambda allowed: value in allowed,
        "required": lambda names: set(names) <= set(value),
    }
    found = [
        f"{value!r}: {word} {schema[word]}"
        for word, holds in limits.items()
        if word in schema and not holds(schema[word])
    ]
    if wanted == "array":
        found += (text for item in value for text in conflicts(item, schema["items"], root))
    if wanted == "object":
        named, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        for key, item in value.items():
            below = named.get(key, others)
            if below is False:
                found.append(f"{key} is unknown")
            elif below is not True:
                found += conflicts(item, below, root)
    return found


KNOWN_WORDS = set(
    "$schema $defs $ref additionalProperties anyOf default description enum examples"  # noqa: SIM905
    " exclusiveMinimum items maxItems maxLength maximum minItems minimum properties required"
    " title type".split()
)


@pytest.mark.parametrize(
    "text", [SHORT, WHOLE, example_profile(email="a@example.org", timezone="UTC")]
)
def test_the_schema_accepts_what_the_program_accepts(text: str) -> None:
    schema = json_schema()
    assert conflicts(tomllib.loads(text), schema, schema) == []


@pytest.mark.parametrize(
    "line",
    [
        "max_paper = 3",
        "max_papers = 0",
        'days = ["m"]',
        "days = []",
        "name = 1",
        'aliases = ["x"]',
        "aliases = { LLM = 1 }",
        "aliases = { LLM = [1] }",
        f"aliases = {{ LLM = {['x'] * 21} }}",
    ],
)
def test_the_schema_refuses_what_the_program_refuses(line: str) -> None:
    schema, text = json_schema(), f"{line}\n{SHORT}"
    assert problems(text, "a")
    assert conflicts(tomllib.loads(text), schema, schema)
