"""Asks for a secret at the terminal, or reads it from standard input; never from the line."""

from __future__ import annotations

import sys

import typer

from suwen.cli.output import say
from suwen.core.errors import InputError
from suwen.core.language import Bilingual


def ask_secret(question: Bilingual, *, confirm: bool) -> str:
    """A password or passphrase; from standard input it is the first line.

    Raises:
        InputError: ``secret_missing`` or ``secret_unreadable``.
    """
    if sys.stdin is not None and sys.stdin.isatty():
        return str(typer.prompt(say(question), hide_input=True, confirmation_prompt=confirm))
    try:
        line = sys.stdin.readline() if sys.stdin is not None else ""
        secret = line.rstrip("\r\n")
        # Read with what cannot be decoded kept aside, which no password may hold.
        secret.encode("utf-8")
    except UnicodeError:
        zh, en = "标准输入不是 UTF-8。", "Standard input is not UTF-8."
        raise InputError("secret_unreadable", Bilingual(zh=zh, en=en)) from None
    if not secret:
        zh = f"没有读到{question.zh}：请在终端输入，或由标准输入给出。"
        en = f"No {question.en.lower()} was given: type it, or hand it over on standard input."
        raise InputError("secret_missing", Bilingual(zh=zh, en=en))
    return secret
