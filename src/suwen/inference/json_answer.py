"""Reads a model's JSON strictly and holds it against its schema.

A small part of JSON Schema (draft 2020-12), because a keyword that is not checked is a promise
not kept: a schema with any other keyword is refused before anything is asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual

Json = Any

_ANNOTATIONS: Final = frozenset({"title", "description", "$defs", "$schema", "$id", "default"})
_CHECKED: Final = frozenset(
    {
        *("type", "enum", "const", "anyOf", "$ref"),
        *("properties", "required", "additionalProperties"),
        *("items", "minItems", "maxItems", "minLength", "maxLength", "pattern"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    }
)
_MAX_DEPTH: Final = 64

_TYPES: Final[Mapping[str, Callable[[Json], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool))
        or (isinstance(value, float) and value.is_integer())
    ),
}
_LIMITS: Final[Mapping[str, tuple[str, Callable[[Json, Json], bool]]]] = {
    "minItems": ("array", lambda value, limit: len(value) >= limit),
    "maxItems": ("array", lambda value, limit: len(value) <= limit),
    "minLength": ("string", lambda value, limit: len(value) >= limit),
    "maxLength": ("string", lambda value, limit: len(value) <= limit),
    "pattern": ("string", lambda value, limit: re.search(limit, value) is not None),
    "minimum": ("number", lambda value, limit: value >= limit),
    "maximum": ("number", lambda value, limit: value <= limit),
    "exclusiveMinimum": ("number", lambda value, limit: value > limit),
    "exclusiveMaximum": ("number", lambda value, limit: value < limit),
}


class AnswerMismatchError(Exception):
    """The text is not JSON, or not what the schema asks for.

    Attributes:
        keyword: ``json`` or the keyword of the schema that is broken.
        at: where in the schema, never a part of the answer.
    """

    def __init__(self, keyword: str, at: str) -> None:
        super().__init__(keyword)
        self.keyword = keyword
        self.at = at


class AnswerSchema:
    """A JSON schema that this module can check completely; its root describes an object.

    Raises:
        ConfigurationError: ``answer_schema_unsupported``, naming the keyword and where it stands.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._root = schema
        if schema.get("type") != "object":
            raise _unsupported("type", "#")
        self._refuse_unchecked(schema, "#")

    def read(self, text: str) -> Json:
        """The value of the text, once it satisfies the schema.

        Raises:
            AnswerMismatchError: it is not JSON, has a name twice, or breaks the schema.
        """
        value = read_json(text)
        self._check(value, self._root, "#", 0)
        return value

    def _refuse_unchecked(self, schema: Mapping[str, Any], at: str) -> None:
        if not isinstance(schema, Mapping):
            raise _unsupported("boolean schema", at)
        for keyword, value in schema.items():
            if keyword in _ANNOTATIONS:
                continue
            if keyword not in _CHECKED:
                raise _unsupported(keyword, at)
            if keyword == "additionalProperties" and value is not False:
                raise _unsupported(keyword, at)
            if keyword == "$ref":
                self._referred(str(value), at)
        for name in ("properties", "$defs"):
            for key, part in schema.get(name, {}).items():
                self._refuse_unchecked(part, f"{at}/{name}/{key}")
        if "items" in schema:
            self._refuse_unchecked(schema["items"], f"{at}/items")
        for index, part in enumerate(schema.get("anyOf", ())):
            self._refuse_unchecked(part, f"{at}/anyOf/{index}")

    def _referred(self, reference: str, at: str) -> Mapping[str, Any]:
        name = reference.removeprefix("#/$defs/")
        definitions: Mapping[str, Any] = self._root.get("$defs", {})
        if name == reference or name not in definitions:
            raise _unsupported("$ref", at)
        referred: Mapping[str, Any] = definitions[name]
        return referred

    def _check(self, value: Json, schema: Mapping[str, Any], at: str, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise AnswerMismatchError("depth", at)
        if "$ref" in schema:
            self._check(value, self._referred(schema["$ref"], at), schema["$ref"], depth + 1)
        _check_type(value, schema, at)
        if "const" in schema and not _same(value, schema["const"]):
            raise AnswerMismatchError("const", at)
        if "enum" in schema and not any(_same(value, one) for one in schema["enum"]):
            raise AnswerMismatchError("enum", at)
        for keyword, (type_name, holds) in _LIMITS.items():
            limited = keyword in schema and _TYPES[type_name](value)
            if limited and not holds(value, schema[keyword]):
                raise AnswerMismatchError(keyword, at)
        if isinstance(value, dict):
            self._check_object(value, schema, at, depth)
        if isinstance(value, list) and "items" in schema:
            for item in value:
                self._check(item, schema["items"], f"{at}/items", depth + 1)
        if "anyOf" in schema and not any(
            self._holds(value, part, depth + 1) for part in schema["anyOf"]
        ):
            raise AnswerMismatchError("anyOf", at)

    def _check_object(
        self, value: dict[str, Json], schema: Mapping[str, Any], at: str, depth: int
    ) -> None:
        properties: Mapping[str, Any] = schema.get("properties", {})
        if any(name not in value for name in schema.get("required", ())):
            raise AnswerMismatchError("required", at)
        if "additionalProperties" in schema and any(name not in properties for name in value):
            raise AnswerMismatchError("additionalProperties", at)
        for name, part in properties.items():
            if name in value:
                self._check(value[name], part, f"{at}/properties/{name}", depth + 1)

    def _holds(self, value: Json, schema: Mapping[str, Any], depth: int) -> bool:
        try:
            self._check(value, schema, "#", depth)
        except AnswerMismatchError:
            return False
        return True


def read_json(text: str) -> Json:
    """The value of a JSON text.

    Raises:
        AnswerMismatchError: not JSON, a name twice in one object, NaN or an infinity, or a number
            or nesting beyond all measure.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique_names, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        # Not chained: the exception carries the text.
        raise AnswerMismatchError("json", "#") from None


def _unique_names(pairs: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name stands twice")
    return value


def _refuse_constant(name: str) -> Json:
    raise ValueError(name)


def _check_type(value: Json, schema: Mapping[str, Any], at: str) -> None:
    if "type" not in schema:
        return
    names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if not any(_TYPES[name](value) for name in names):
        raise AnswerMismatchError("type", at)


def _same(one: Json, other: Json) -> bool:
    """JSON equality: ``true`` is not 1, and 1.0 is 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _unsupported(keyword: str, at: str) -> ConfigurationError:
    return ConfigurationError(
        "answer_schema_unsupported",
        Bilingual(
            zh="应用的回答格式定义使用了平台无法核对的关键字。",
            en="The application's answer schema uses a keyword that the platform cannot check.",
        ),
        field=at,
        detail={"keyword": keyword},
    )
