"""What a chat asks of an engine beyond text: a form of the answer, tools, thinking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from suwen.web.openai.errors import wrong

_MOST_TOOLS: Final = 128
_EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh")
_TEMPLATE_SWITCHES: Final = frozenset({"enable_thinking", "thinking"})


def take_format(value: object, passed: dict[str, Any], needs: list[tuple[str, str]]) -> None:
    """The form of the answer, for engines that keep to one.

    Raises:
        InputError: with the field at fault.
    """
    if value is None:
        return
    kind = value.get("type") if type(value) is dict else None
    if kind == "text":
        return
    name = "response_format"
    if kind == "json_object":
        passed[name] = {"type": kind}
    elif kind == "json_schema":
        given = value.get("json_schema")  # type: ignore[attr-defined]
        if type(given) is not dict or type(given.get("schema")) is not dict:
            raise wrong(
                f"{name}.json_schema", zh="缺少 schema 对象。", en="the object schema is missing."
            )
        kept = {k: given[k] for k in ("name", "strict", "schema", "description") if k in given}
        passed[name] = {"type": kind, "json_schema": {"name": "answer", **kept}}
    else:
        raise wrong(
            name,
            zh="须为 text、json_object 或 json_schema。",
            en="its type is text, json_object or json_schema.",
        )
    needs.append(("json_schema", name))


def take_tools(
    body: Mapping[str, Any], passed: dict[str, Any], needs: list[tuple[str, str]]
) -> None:
    """Tools go to the engine and its calls go back to the program: nothing here carries one out;
    raises as ``take_format``."""
    tools = body.get("tools")
    if tools is not None:
        if type(tools) is not list or len(tools) > _MOST_TOOLS or not all(map(_is_tool, tools)):
            raise wrong(
                "tools",
                zh=f"须为最多 {_MOST_TOOLS} 个 function 工具。",
                en=f"it must be at most {_MOST_TOOLS} tools of the type function.",
            )
        if tools:
            passed["tools"] = tools
            needs.append(("tools", "tools"))
    for name, check in (("tool_choice", _is_choice), ("parallel_tool_calls", _is_flag)):
        if (value := body.get(name)) is not None:
            if not check(value):
                raise wrong(name, zh="取值不正确。", en="this value is not supported.")
            if tools:
                passed[name] = value


def _is_tool(tool: object) -> bool:
    function = tool.get("function") if type(tool) is dict else None
    return (
        type(function) is dict
        and tool.get("type") == "function"  # type: ignore[attr-defined]
        and type(function.get("name")) is str
        and type(function.get("parameters", {})) is dict
    )


def _is_choice(value: object) -> bool:
    if type(value) is dict:
        return value.get("type") == "function" and type(value.get("function")) is dict
    return value in ("none", "auto", "required")


def _is_flag(value: object) -> bool:
    return type(value) is bool


def take_thinking(body: Mapping[str, Any], passed: dict[str, Any]) -> None:
    """How much an engine is to think before it answers; raises as ``take_format``."""
    effort, switches = body.get("reasoning_effort"), body.get("chat_template_kwargs")
    if effort is not None:
        if type(effort) is not str or effort not in _EFFORTS:
            raise wrong("reasoning_effort", zh="取值不正确。", en="this value is not supported.")
        passed["reasoning_effort"] = effort
    if switches is not None:
        if (
            type(switches) is not dict
            or switches.keys() - _TEMPLATE_SWITCHES
            or not all(map(_is_flag, switches.values()))
        ):
            raise wrong(
                "chat_template_kwargs",
                zh="只支持 enable_thinking、thinking（true/false）。",
                en="only enable_thinking and thinking, true or false.",
            )
        passed["chat_template_kwargs"] = switches
