"""What a wrong command line is told: one sentence in the person's language, and the place."""

from __future__ import annotations

from difflib import get_close_matches

# Typer carries a parser of its own; these classes have no other public name.
from typer._click.exceptions import (
    BadParameter,
    ClickException,
    MissingParameter,
    NoArgsIsHelpError,
    NoSuchOption,
    UsageError,
)

from suwen.core.errors import InputError
from suwen.core.language import Bilingual

LONGEST_SHOWN = 60

__all__ = ["ClickException", "NoArgsIsHelpError", "UsageError", "no_such_command", "usage_error"]


def usage_error(error: ClickException) -> InputError:
    """The error of ours that says what the parser found wrong."""
    if isinstance(error, MissingParameter):
        name = _name(error)
        return _wrong("usage_missing", f"缺少 {name}", f"{name} is missing", name)
    if isinstance(error, BadParameter):
        name, wanted = _name(error), _wanted(error)
        return _wrong("usage_value", f"{name} {wanted.zh}", f"{name} {wanted.en}", name)
    if isinstance(error, NoSuchOption):
        name = shown(error.option_name)
        near = "、".join(sorted(error.possibilities or ()))
        zh = f"没有选项 {name}" + (f"，是否指 {near}" if near else "")
        en = f"there is no option {name}" + (f"; did you mean {near}" if near else "")
        return _wrong("usage_option", zh, en, name)
    said = shown(error.format_message()).rstrip(".。")
    return _wrong("bad_usage", said, said, None)


def no_such_command(name: str, known: list[str]) -> InputError:
    """A command that is not there, with the nearest ones that are."""
    near = get_close_matches(name[:LONGEST_SHOWN], known)
    zh = f"没有命令 {shown(name)}" + (f"，是否指 {'、'.join(near)}" if near else "")
    en = f"there is no command {shown(name)}" + (
        f"; did you mean {', '.join(near)}" if near else ""
    )
    return _wrong("usage_command", zh, en, None)


def shown(text: str) -> str:
    """Somebody's own text inside a sentence of ours: short, and harmless to a terminal."""
    plain = "".join(c if c.isprintable() else "�" for c in text)
    return plain if len(plain) <= LONGEST_SHOWN * 3 else plain[:LONGEST_SHOWN] + "…"


def _name(error: BadParameter) -> str:
    if error.param is None:
        return shown(str(error.param_hint or ""))
    longest = max(error.param.opts, key=len, default=error.param.name or "")
    return longest if longest.startswith("-") else (error.param.metavar or longest.upper())


def _wanted(error: BadParameter) -> Bilingual:
    """What the value must be."""
    kind = getattr(error.param, "type_descriptor", None)
    if kind is not None and kind.choices:
        listed = ", ".join(str(getattr(choice, "value", choice)) for choice in kind.choices)
        return Bilingual(zh=f"须为以下之一：{listed}", en=f"must be one of: {listed}")
    if kind is not None and kind.is_ranged:
        low, high = kind.parameter_info.min, kind.parameter_info.max
        zh = f"须为 {low} 至 {high} 的数" if high is not None else f"须为不小于 {low} 的数"
        en = f"from {low} to {high}" if high is not None else f"of at least {low}"
        return Bilingual(zh=zh, en=f"must be a number {en}")
    said = shown(error.message).rstrip(".。")
    return Bilingual(zh=f"的值无效：{said}", en=f"has a wrong value: {said}")


def _wrong(code: str, zh: str, en: str, field: str | None) -> InputError:
    return InputError(code, Bilingual(zh=f"{zh}。", en=f"{en}."), field=field)
