"""Only JSON that satisfies its schema is an answer."""

from __future__ import annotations

from typing import Any

import pytest

from suwen.core.errors import ConfigurationError
from suwen.inference.json_answer import AnswerMismatchError, AnswerSchema, read_json

STATEMENTS = {
    "type": "object",
    "properties": {
        "statements": {
            "type": "array",
            "minItems": 1,
            "maxItems": 2,
            "items": {"$ref": "#/$defs/statement"},
        },
        "side": {"enum": ["left", "right", None]},
        "score": {"type": "number", "minimum": 0, "exclusiveMaximum": 10},
        "count": {"type": "integer"},
        "either": {"anyOf": [{"type": "null"}, {"type": "string", "minLength": 2}]},
        "version": {"const": 1},
        "done": {"type": "boolean"},
    },
    "required": ["statements"],
    "additionalProperties": False,
    "$defs": {
        "statement": {
            "type": "object",
            "properties": {
                "text": {"type": "string", "maxLength": 4, "pattern": "^[^0-9]*$"},
                "then": {"$ref": "#/$defs/statement"},
            },
            "required": ["text"],
            "additionalProperties": False,
        }
    },
}


def broken_keyword(text: str) -> str:
    with pytest.raises(AnswerMismatchError) as raised:
        AnswerSchema(STATEMENTS).read(text)
    return raised.value.keyword


@pytest.mark.parametrize(
    "text",
    [
        '{"statements": [{"text": "发热"}]}',
        '{"statements": [{"text": "", "then": {"text": "a"}}, {"text": "b"}], "side": null}',
        '{"statements": [{"text": "a"}], "score": 9.99, "count": 3.0, "either": null}',
        '{"statements": [{"text": "a"}], "either": "ab", "version": 1, "done": true}',
    ],
)
def test_what_the_schema_allows_is_read(text: str) -> None:
    assert AnswerSchema(STATEMENTS).read(text)["statements"]


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("", "json"),
        ('{"statements": [{"text": "a"}', "json"),
        ('{"statements": [{"text": "a"}]} and more', "json"),
        ('```json\n{"statements": [{"text": "a"}]}\n```', "json"),
        ('{"statements": [{"text": "a"}], "score": NaN}', "json"),
        ('{"statements": [], "statements": [{"text": "a"}]}', "json"),
        ("[" * 100_000, "json"),
        ("[]", "type"),
        ("{}", "required"),
        ('{"statements": []}', "minItems"),
        ('{"statements": [{"text": "a"}, {"text": "b"}, {"text": "c"}]}', "maxItems"),
        ('{"statements": [{"text": "aaaaa"}]}', "maxLength"),
        ('{"statements": [{"text": "a1"}]}', "pattern"),
        ('{"statements": [{"text": 1}]}', "type"),
        ('{"statements": [{"text": "a", "more": 1}]}', "additionalProperties"),
        ('{"statements": [{"text": "a"}], "side": "both"}', "enum"),
        ('{"statements": [{"text": "a"}], "score": -1}', "minimum"),
        ('{"statements": [{"text": "a"}], "score": 10}', "exclusiveMaximum"),
        ('{"statements": [{"text": "a"}], "score": true}', "type"),
        ('{"statements": [{"text": "a"}], "count": 1.5}', "type"),
        ('{"statements": [{"text": "a"}], "either": "a"}', "anyOf"),
        ('{"statements": [{"text": "a"}], "version": true}', "const"),
        ('{"statements": [{"text": "a"}], "done": 1}', "type"),
    ],
)
def test_what_the_schema_forbids_is_refused(text: str, keyword: str) -> None:
    assert broken_keyword(text) == keyword


def test_a_refusal_names_the_place_in_the_schema_and_nothing_of_the_answer() -> None:
    with pytest.raises(AnswerMismatchError) as raised:
        AnswerSchema(STATEMENTS).read('{"statements": [{"text": "张三李四王"}]}')
    assert "张" not in f"{raised.value!r} {raised.value.at}"
    assert raised.value.at == "#/$defs/statement/properties/text"


def test_a_json_error_does_not_carry_the_text() -> None:
    with pytest.raises(AnswerMismatchError) as raised:
        read_json("张三")
    assert raised.value.__suppress_context__


def test_an_endless_nesting_is_refused() -> None:
    text = '{"statements": [' + '{"text": "", "then": ' * 70 + '{"text": ""}' + "}" * 70 + "]}"
    assert broken_keyword(text) == "depth"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array"},
        {},
        {"type": "object", "patternProperties": {}},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object", "properties": {"a": {"format": "date"}}},
        {"type": "object", "properties": {"a": {"$ref": "https://example.org/a"}}},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}},
        {"type": "object", "properties": {"a": {"items": {"oneOf": []}}}},
        {"type": "object", "properties": {"a": True}},
    ],
)
def test_a_schema_that_cannot_be_checked_whole_is_refused_beforehand(
    schema: dict[str, Any],
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        AnswerSchema(schema)
    assert raised.value.code == "answer_schema_unsupported"
