"""Command lines of ``suwen`` over a real state directory, in this process or in their own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from suwen.cli.main import run_command


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON value."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """Standard error as one JSON object, and nothing besides."""
        told: dict[str, Any] = json.loads(self.err)
        return told

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Terminal:
    """A shell at one state directory; ``folder`` is for the files of the commands."""

    home: Path
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def environ(self, **more: str) -> dict[str, str]:
        """The whole environment of a command."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SUWEN_", "XDG_"))}
        return {
            **inherited,
            "PYTHONDONTWRITEBYTECODE": "",
            "LANG": "en_US.UTF-8",
            "SUWEN_HOME": str(self.home),
            "SUWEN_AUDIT_ANCHOR": str(self.folder / "anchor.jsonl"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            **self.environment,
            **more,
        }

    def run(self, *line: str, stdin: bytes | str = b"", **more: str) -> Ended:
        """Runs a command line in this process."""
        data = stdin.encode() if isinstance(stdin, str) else stdin
        with (
            _streams(data) as (out, err),
            mock.patch.dict(os.environ, self.environ(**more), clear=True),
        ):
            status = run_command(line)
            sys.stdout.flush()
            sys.stderr.flush()
            return Ended(status, out.getvalue().decode(), err.getvalue().decode())

    def refused(self, *line: str, stdin: bytes | str = b"", **more: str) -> tuple[int, str]:
        """Exit status and code of a command that must fail, which its error tells in JSON."""
        ended = self.run("--json", *line, stdin=stdin, **more)
        told = ended.error
        assert set(told) <= {"code", "message", "field"}, told
        assert told["message"]
        return ended.status, told["code"]

    def start(self, *line: str, **more: str) -> subprocess.Popen[bytes]:
        """Starts a command line in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "suwen.cli.main", *line],
            env=self.environ(**more),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
        )

    def run_apart(self, *line: str, stdin: bytes = b"", **more: str) -> Ended:
        """Runs a command line in a process of its own."""
        process = self.start(*line, **more)
        out, err = process.communicate(stdin, timeout=60)
        return Ended(process.returncode, out.decode(), err.decode())

    def write(self, name: str, content: bytes | str | list[Mapping[str, Any]]) -> Path:
        """A file for a command: bytes, text or JSON Lines."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, list):
            content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


@contextmanager
def _streams(stdin: bytes) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    out, err = io.BytesIO(), io.BytesIO()
    with (
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")),
        mock.patch.object(sys, "stdout", io.TextIOWrapper(out, encoding="utf-8")),
        mock.patch.object(sys, "stderr", io.TextIOWrapper(err, encoding="utf-8")),
    ):
        yield out, err
