"""The description of ``/v1`` for programs that read OpenAPI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_TEXT: Final = {"type": "string"}
_CONTENT: Final = {
    "oneOf": [
        _TEXT,
        {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {
                "type": "object",
                "required": ["type", "text"],
                "properties": {"type": {"const": "text"}, "text": _TEXT},
            },
        },
    ]
}
_MESSAGE: Final = {
    "type": "object",
    "required": ["role", "content"],
    "properties": {
        "role": {"enum": ["system", "developer", "user", "assistant"]},
        "content": _CONTENT,
    },
}
_SCHEMA_FORMAT: Final = {
    "type": "object",
    "required": ["type", "json_schema"],
    "properties": {
        "type": {"const": "json_schema"},
        "json_schema": {
            "type": "object",
            "required": ["schema"],
            "properties": {
                "name": _TEXT,
                "strict": {"type": "boolean"},
                "schema": {"type": "object"},
            },
        },
    },
}
_FORMAT: Final = {
    "oneOf": [
        {
            "type": "object",
            "required": ["type"],
            "properties": {"type": {"enum": ["text", "json_object"]}},
        },
        _SCHEMA_FORMAT,
    ]
}
_TOOL: Final = {
    "type": "object",
    "required": ["type", "function"],
    "properties": {
        "type": {"const": "function"},
        "function": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": _TEXT,
                "description": _TEXT,
                "parameters": {"type": "object"},
            },
        },
    },
}


def _number(least: float, most: float) -> dict[str, Any]:
    return {"type": "number", "minimum": least, "maximum": most}


def _whole(least: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


_CHAT: Final = {
    "type": "object",
    "additionalProperties": False,
    "required": ["model", "messages"],
    "properties": {
        "model": {"type": "string", "minLength": 1, "maxLength": 200},
        "messages": {"type": "array", "minItems": 1, "maxItems": 2000, "items": _MESSAGE},
        "stream": {"type": "boolean"},
        "stream_options": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"include_usage": {"type": "boolean"}},
        },
        "n": {"const": 1},
        "max_tokens": _whole(1, 10_000_000),
        "max_completion_tokens": _whole(1, 10_000_000),
        "temperature": _number(0, 2),
        "top_p": _number(0, 1),
        "min_p": _number(0, 1),
        "top_k": _whole(-1, 1_000_000),
        "frequency_penalty": _number(-2, 2),
        "presence_penalty": _number(-2, 2),
        "repetition_penalty": _number(0, 2),
        "seed": _whole(-(2**63), 2**63 - 1),
        "stop": {
            "oneOf": [
                {"type": "string", "minLength": 1, "maxLength": 200},
                {
                    "type": "array",
                    "maxItems": 16,
                    "items": {"type": "string", "minLength": 1, "maxLength": 200},
                },
            ]
        },
        "response_format": _FORMAT,
        "tools": {"type": "array", "maxItems": 128, "items": _TOOL},
        "tool_choice": {"enum": ["none", "auto", "required"]},
        "parallel_tool_calls": {"type": "boolean"},
        "reasoning_effort": {"enum": ["none", "minimal", "low", "medium", "high", "xhigh"]},
        "user": _TEXT,
        "metadata": {"type": "object"},
    },
}
_EMBEDDINGS: Final = {
    "type": "object",
    "additionalProperties": False,
    "required": ["model", "input"],
    "properties": {
        "model": {"type": "string", "minLength": 1, "maxLength": 200},
        "input": {
            "oneOf": [
                {"type": "string", "minLength": 1},
                {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 2048,
                    "items": {"type": "string", "minLength": 1},
                },
            ]
        },
        "encoding_format": {"enum": ["float", "base64"]},
        "dimensions": _whole(1, 65_536),
        "user": _TEXT,
    },
}
_ERROR: Final = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": _TEXT,
                "type": _TEXT,
                "param": {"type": ["string", "null"]},
                "code": _TEXT,
            },
        }
    },
}
_MODEL: Final = {
    "type": "object",
    "required": ["id", "object", "created", "owned_by"],
    "properties": {
        "id": _TEXT,
        "object": {"const": "model"},
        "created": {"type": "integer"},
        "owned_by": _TEXT,
    },
}
_MEANINGS: Final[Mapping[str, str]] = {
    "400": "The request is wrong; param names the place.",
    "401": "The key is missing, wrong, expired or out of use.",
    "403": "The key, the data class or a guard does not allow it.",
    "404": "There is no such model or address.",
    "409": "A precondition is missing, or somebody changed what the request is about.",
    "429": "The key has nothing left for now; Retry-After says when.",
    "500": "A defect of this platform.",
    "502": "The engine failed.",
    "503": "Something that is needed does not answer.",
    "504": "The engine took too long.",
}


def _answers(good: Mapping[str, Any], streamed: bool = False) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": good}}
    if streamed:
        content["text/event-stream"] = {}
    told: dict[str, Any] = {"200": {"description": "The answer.", "content": content}}
    for status, meaning in _MEANINGS.items():
        told[status] = {
            "description": meaning,
            "content": {"application/json": {"schema": _ERROR}},
        }
    return told


def _asked(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": body}}}


_CLASS: Final = {
    "name": "X-Suwen-Data-Class",
    "in": "header",
    "required": False,
    "description": "Data class of what is sent, 1 to 5; the key's ceiling where it is not stated.",
    "schema": {"type": "integer", "minimum": 1, "maximum": 5},
}

DESCRIPTION: Final[Mapping[str, Any]] = {
    "openapi": "3.1.0",
    "info": {
        "title": "suwen for programs that speak OpenAI",
        "version": "1",
        "description": "Engines and cited assistants of the hospital, for programs with a key.",
    },
    "components": {
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "sk-suwen"}}
    },
    "security": [{"key": []}],
    "paths": {
        "/v1/chat/completions": {
            "post": {
                "operationId": "chat",
                "parameters": [_CLASS],
                "requestBody": _asked(_CHAT),
                "responses": _answers(
                    {
                        "type": "object",
                        "required": ["id", "object", "choices"],
                        "properties": {"object": {"const": "chat.completion"}},
                    },
                    streamed=True,
                ),
            }
        },
        "/v1/embeddings": {
            "post": {
                "operationId": "embeddings",
                "parameters": [_CLASS],
                "requestBody": _asked(_EMBEDDINGS),
                "responses": _answers(
                    {
                        "type": "object",
                        "required": ["object", "model", "data", "usage"],
                        "properties": {"object": {"const": "list"}},
                    }
                ),
            }
        },
        "/v1/models": {
            "get": {
                "operationId": "models",
                "responses": _answers(
                    {
                        "type": "object",
                        "required": ["object", "data"],
                        "properties": {"data": {"type": "array", "items": _MODEL}},
                    }
                ),
            }
        },
        "/v1/models/{model}": {
            "get": {
                "operationId": "model",
                "parameters": [
                    {"name": "model", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": _answers(_MODEL),
            }
        },
    },
}
