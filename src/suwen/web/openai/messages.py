"""The messages of a chat: what an engine is sent of them, and what the guards read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from suwen.web.openai.errors import wrong
from suwen.web.openai.tokens import estimate_tokens

_MOST_MESSAGES: Final = 2000
_MOST_PARTS: Final = 100
_MOST_CALLS: Final = 128
_TURN_TOKENS: Final = 16
_IMAGE_TOKENS: Final = 1500
_ROLES: Final = frozenset({"system", "developer", "user", "assistant", "tool"})
_OWN_ORDERS: Final = frozenset({"system", "developer"})
_PLAIN: Final = frozenset({"role", "content"})


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages, checked.

    Attributes:
        messages: as an engine is sent them: only what is known, ``developer`` as ``system``.
        guarded: every text that the program itself does not answer for: of users, sources,
            tools and earlier answers.
        tokens: a high estimate of all of it.
        images: how many images it holds.
    """

    messages: list[dict[str, Any]] = field(repr=False)
    guarded: tuple[str, ...] = field(repr=False)
    tokens: int
    images: int

    @property
    def questions(self) -> list[str]:
        """What the user said, turn by turn."""
        return [
            text
            for message in self.messages
            if message["role"] == "user"
            for text in ("\n".join(texts_of(message)).strip(),)
            if text
        ]


def read_conversation(value: object) -> Conversation:
    """The messages of a request.

    Raises:
        InputError: with the place at fault, such as ``messages[2].content``.
    """
    if type(value) is not list or not 1 <= len(value) <= _MOST_MESSAGES:
        raise wrong(
            "messages",
            zh=f"须为 1–{_MOST_MESSAGES} 条消息。",
            en=f"it must be 1 to {_MOST_MESSAGES} messages.",
        )
    messages: list[dict[str, Any]] = []
    guarded: list[str] = []
    tokens = images = 0
    for index, given in enumerate(value):
        message = _read_message(given, index)
        messages.append(message)
        texts = texts_of(message)
        tokens += _TURN_TOKENS + sum(map(estimate_tokens, texts))
        if message["role"] != "system":
            guarded.extend(texts)
        if type(message.get("content")) is list:
            held = sum(part["type"] == "image_url" for part in message["content"])
            images += held
            tokens += held * _IMAGE_TOKENS
    return Conversation(messages, tuple(guarded), tokens, images)


def texts_of(message: Mapping[str, Any]) -> list[str]:
    """Every text of a message."""
    content = message.get("content")
    if type(content) is str:
        texts = [content]
    elif type(content) is list:
        texts = [part["text"] for part in content if part["type"] == "text"]
    else:
        texts = []
    for call in message.get("tool_calls", ()):
        texts.append(call["function"]["arguments"])
    return texts


def _read_message(given: object, index: int) -> dict[str, Any]:
    place = f"messages[{index}]"
    role = given.get("role") if type(given) is dict else None
    if type(given) is not dict or type(role) is not str or role not in _ROLES:
        raise wrong(
            place, zh="role 须为 system、user、assistant 或 tool。", en="its role is not known."
        )
    if role in ("user", "system") and given.keys() == _PLAIN and type(given["content"]) is str:
        return given
    message: dict[str, Any] = {"role": "system" if role in _OWN_ORDERS else role}
    content = given.get("content")
    if type(content) is list:
        message["content"] = _parts(content, f"{place}.content", images=role == "user")
    elif type(content) is str or (content is None and role == "assistant"):
        message["content"] = content
    else:
        raise wrong(f"{place}.content", zh="须为文本。", en="it must be a text.")
    if role == "tool":
        message["tool_call_id"] = _name(given.get("tool_call_id"), f"{place}.tool_call_id")
    if given.get("tool_calls") is not None:
        message["tool_calls"] = _calls(given["tool_calls"], role, f"{place}.tool_calls")
    if role == "assistant" and content is None and "tool_calls" not in message:
        raise wrong(f"{place}.content", zh="缺少内容。", en="it is missing.")
    return message


def _parts(content: list[Any], place: str, *, images: bool) -> list[dict[str, Any]]:
    if not 1 <= len(content) <= _MOST_PARTS:
        raise wrong(place, zh=f"须为 1–{_MOST_PARTS} 段。", en=f"it has 1 to {_MOST_PARTS} parts.")
    parts: list[dict[str, Any]] = []
    for number, part in enumerate(content):
        here = f"{place}[{number}]"
        kind = part.get("type") if type(part) is dict else None
        if kind == "text" and type(part.get("text")) is str:
            parts.append({"type": "text", "text": part["text"]})
        elif kind == "image_url" and images:
            parts.append({"type": "image_url", "image_url": {"url": _image(part, here)}})
        else:
            raise wrong(here, zh="不支持此内容。", en="this content is not supported.")
    return parts


def _image(part: Mapping[str, Any], place: str) -> str:
    """An image that comes with the request; an engine is never sent to fetch one."""
    image = part.get("image_url")
    url = image.get("url") if type(image) is dict else None
    if type(url) is not str or not url.startswith("data:image/"):
        raise wrong(
            f"{place}.image_url",
            zh="图像须以 data:image/… 形式随请求提供，不接受网址。",
            en="an image comes as data:image/… with the request; no address is fetched.",
        )
    return url


def _calls(value: object, role: str, place: str) -> list[dict[str, Any]]:
    if role != "assistant" or type(value) is not list or not 1 <= len(value) <= _MOST_CALLS:
        raise wrong(place, zh="不正确。", en="these are not tool calls of an assistant.")
    calls: list[dict[str, Any]] = []
    for number, call in enumerate(value):
        function = call.get("function") if type(call) is dict else None
        if type(function) is not dict or type(function.get("arguments")) is not str:
            raise wrong(f"{place}[{number}]", zh="不正确。", en="it is no call of a function.")
        calls.append(
            {
                "id": _name(call.get("id"), f"{place}[{number}].id"),
                "type": "function",
                "function": {
                    "name": _name(function.get("name"), f"{place}[{number}].function.name"),
                    "arguments": function["arguments"],
                },
            }
        )
    return calls


def _name(value: object, place: str) -> str:
    if type(value) is not str or not 1 <= len(value) <= 200:
        raise wrong(place, zh="须为名称。", en="it must be a name.")
    return value
