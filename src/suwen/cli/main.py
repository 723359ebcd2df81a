"""The program ``suwen``: its commands, and what its exit status means."""

from __future__ import annotations

import asyncio
import errno
import io
import logging
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from suwen.cli.output import STYLE, choose_language, report, show
from suwen.cli.register import CommandTree
from suwen.cli.usage import ClickException, NoArgsIsHelpError, usage_error
from suwen.control.privacy.log_masking import mask_logs
from suwen.core.errors import InputError, SuwenError, UnavailableError, meaning_of
from suwen.core.garbage import start_uncollected
from suwen.core.language import Bilingual

DEFECT = 70
BAD_USAGE = 2
INTERRUPTED = 130
TERMINATED = 143
JSON = "--json"
UNUSABLE = (
    FileNotFoundError,
    FileExistsError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)

app = typer.Typer(
    name="suwen",
    cls=CommandTree,
    help="A hospital's own language-model platform.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        # Loaded here: nothing else that the program says needs it.
        from importlib.metadata import version

        installed = version("suwen")
        show({"suwen": installed}, f"suwen {installed}")
        raise typer.Exit


@app.callback()
def _options(
    as_json: Annotated[
        bool, typer.Option(JSON, help="Answer in JSON; may stand anywhere on the line.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Say which version this is.", is_eager=True, callback=_tell_version
        ),
    ] = False,
) -> None:
    STYLE.as_json = STYLE.as_json or as_json


def main() -> None:
    """Runs the command line; exit status 0, 1, 2, 3, 4 or 70 as the contract says."""
    start_uncollected()
    _speak_any_script()
    mask_logs()
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: Sequence[str]) -> int:
    """Runs one command line and says its exit status.

    Args:
        arguments: without the program's name.
    """
    STYLE.language = choose_language()
    # Every command takes --json, wherever it stands on the line.
    end = arguments.index("--") if "--" in arguments else len(arguments)
    STYLE.as_json = JSON in arguments[:end]
    line = [a for a in arguments[:end] if a != JSON] + list(arguments[end:])
    try:
        status = _invoke(line)
        # Now, not at the end of the process, where nobody could be told that it failed.
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        return 0
    except Exception as error:  # noqa: BLE001 - the edge of the program
        return _failed(error)
    except asyncio.CancelledError:
        return TERMINATED
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _invoke(line: list[str]) -> int:
    command = typer.main.get_command(app)
    try:
        with command.make_context("suwen", line) as context:
            command.invoke(context)
    except typer.Exit as exit_:
        return exit_.exit_code
    return 0


def _failed(error: Exception) -> int:
    """Says what went wrong, and with which exit status."""
    if isinstance(error, SuwenError):
        return _reported(error)
    if isinstance(error, NoArgsIsHelpError) and not STYLE.as_json:
        print(error.format_message(), file=sys.stderr)
        return BAD_USAGE
    if isinstance(error, NoArgsIsHelpError):
        missing = Bilingual("缺少命令。", "A command is missing.")
        return _reported(InputError("usage_command", missing))
    if isinstance(error, ClickException):
        return _reported(usage_error(error))
    if isinstance(error, typer.Abort | EOFError):
        return INTERRUPTED
    if isinstance(error, OSError):
        return _reported(_of_the_system(error))
    kind = type(error).__name__
    if os.environ.get("SUWEN_DEBUG"):
        logging.error("defect", exc_info=error)
    return _reported(
        SuwenError(
            "defect",
            Bilingual(
                zh=f"程序缺陷（{kind}）。设 SUWEN_DEBUG=1 可查看调用栈，请报告给维护者。",
                en=f"A defect of ours ({kind}); SUWEN_DEBUG=1 shows the stack.",
            ),
        )
    )


def _of_the_system(error: OSError) -> SuwenError:
    """A file that was named and cannot be used is wrong input; a full disk is not."""
    said = error.strerror or type(error).__name__
    text = f"{said}: {error.filename}" if error.filename else said
    if isinstance(error, UNUSABLE) or error.errno == errno.ENAMETOOLONG:
        unusable = Bilingual(f"文件无法使用（{text}）。", f"A file cannot be used ({text}).")
        return InputError("file_unusable", unusable)
    told = Bilingual(f"操作系统报告：{text}。", f"The operating system says: {text}.")
    return UnavailableError("operating_system", told)


def _reported(error: SuwenError) -> int:
    report(error)
    return meaning_of(error).exit_status


def _speak_any_script() -> None:
    """Output is UTF-8 for programs; on a terminal of another encoding nothing is an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _forget_output() -> None:
    """The reader of our output went away: nothing more to say, and nothing to lose."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    main()
