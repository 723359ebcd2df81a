"""The program ``suwen``: its commands, and what its exit status means."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated

import click
import typer

from suwen.cli.output import STYLE, choose_language, report
from suwen.cli.register import register_commands
from suwen.core.errors import InputError, SuwenError, UnavailableError, meaning_of
from suwen.core.language import Bilingual

DEFECT = 70
INTERRUPTED = 130

app = typer.Typer(
    name="suwen",
    help="A hospital's own language-model platform.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _options(
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    STYLE.as_json = STYLE.as_json or as_json


register_commands(app)


def main() -> None:
    """Runs the command line; exit status 0, 1, 2, 3, 4 or 70 as the contract says."""
    STYLE.language = choose_language()
    arguments = sys.argv[1:]
    if "--json" in arguments:
        # Every command takes --json, wherever it stands on the line.
        arguments = [a for a in arguments if a != "--json"]
        STYLE.as_json = True
    sys.exit(_run(arguments))


def _run(arguments: list[str]) -> int:
    try:
        status = app(args=arguments, prog_name="suwen", standalone_mode=False)
    except SuwenError as error:
        report(error)
        return meaning_of(error).exit_status
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except (click.exceptions.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as error:
        text = error.format_message()
        report(InputError("bad_usage", Bilingual(zh=text, en=text)))
        return 2
    except BrokenPipeError:
        # The reader of our output went away: nothing more to say, and nothing to lose.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        text = f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror)
        report(UnavailableError("operating_system", Bilingual(zh=text, en=text)))
        return 4
    except Exception as error:
        kind = type(error).__name__
        report(
            SuwenError(
                "defect",
                Bilingual(
                    zh=f"程序缺陷（{kind}）。设 SUWEN_DEBUG=1 可查看调用栈，请报告给维护者。",
                    en=f"A defect of ours ({kind}); SUWEN_DEBUG=1 shows the stack.",
                ),
            )
        )
        if os.environ.get("SUWEN_DEBUG"):
            logging.exception("defect")
        return DEFECT
    return status if isinstance(status, int) else 0


if __name__ == "__main__":
    main()
