"""A whole platform under test: started as a person does it, asked over HTTP, killed, restarted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from tests.support.command_line import Ended, Terminal

COMMAND = (sys.executable, "-m", "suwen.cli.main")
START_S = 90.0
PERSON = "dr.lin"


class GoneError(Exception):
    """The request got no answer: the process that should have given it is gone."""


class Site:
    """One state directory and the platform on it.

    Args:
        worker: whether long work is done; a fresh one builds the library of the demonstration
            hospital first, which costs half a minute of a core.
    """

    def __init__(self, home: Path, *, worker: bool = True) -> None:
        self.home = home
        self.faults = home / "faults"
        self.faults.mkdir(parents=True, exist_ok=True)
        settings = home / "suwen.toml"
        if not settings.exists():
            # Sites of tests stand side by side: none takes the others' ports.
            settings.write_text(
                "[listeners]\nhl7v2_port = 0\ndicom_port = 0\n"
                f"[worker]\nenabled = {str(worker).lower()}\n"
            )
        self.anchor = home.parent / f"{home.name}-anchor.jsonl"
        self.environment = {
            **os.environ,
            # As on a site: a restart does not compile the program anew.
            "PYTHONDONTWRITEBYTECODE": "",
            "SUWEN_HOME": str(home),
            "SUWEN_AUDIT_ANCHOR": str(self.anchor),
            "SUWEN_FAULT_FOLDER": str(self.faults),
            "LANG": "C.UTF-8",
        }
        self.process: subprocess.Popen[str] | None = None
        self.url = ""
        self.ports: dict[str, int] = {}
        self.passwords: dict[str, str] = {}
        self._tokens: dict[str, str] = {}

    def start(self, *arguments: str) -> float:
        """Starts the platform and waits until it says that it is ready; seconds that it took."""
        began = time.monotonic()
        log = (self.home / "up.log").open("a")
        self.process = subprocess.Popen(
            [*COMMAND, "up", "--port", "0", "--json", *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=self.environment,
        )
        log.close()
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, (self.home / "up.log").read_text()[-3000:]
        told = json.loads(line)
        self.url = told["url"]
        self.ports = told["ports"]
        self.passwords = {a["name"]: a["password"] for a in told["accounts"]}
        return time.monotonic() - began

    def stop(self) -> float:
        """Ends the platform by SIGTERM; seconds that it took."""
        if self.process is None:
            return 0.0
        began = time.monotonic()
        self.process.terminate()
        self.process.wait(timeout=60)
        self._close()
        return time.monotonic() - began

    def kill(self) -> None:
        """Kills the supervisor without any clean-up."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=30)
        self._close()

    def _close(self) -> None:
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command of the program on this state directory."""
        done = subprocess.run(
            [*COMMAND, *arguments],
            capture_output=True,
            text=True,
            env=self.environment,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def run_here(self, *arguments: str, check: bool = True) -> Ended:
        """A command of the program in this process, which spares its start.

        No fault point strikes it. Not for the browser's tests, whose driver keeps a loop open.
        """
        terminal = Terminal(self.home, self.home.parent, {"SUWEN_AUDIT_ANCHOR": str(self.anchor)})
        done = terminal.run(*arguments)
        assert not check or done.status == 0, done.err
        return done

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """A command of the program that goes on beside the test; its output is thrown away."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self.environment,
        )

    def children(self, word: str) -> list[int]:
        """Process ids below the supervisor whose command line holds a word."""
        assert self.process is not None
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                line = (folder / "cmdline").read_bytes().decode(errors="replace")
            except (OSError, ValueError):
                continue
            if parent == self.process.pid and word in line:
                found.append(int(folder.name))
        return found

    def postmaster(self) -> int:
        """Process id of this site's database server."""
        [pid_file] = self.home.glob("postgres/**/postmaster.pid")
        return int(pid_file.read_text().split("\n", 1)[0])

    def arm(self, point: str, wish: str = "kill") -> None:
        """Lets the next process that passes a fault point die there, or wait there."""
        for suffix in (".reached", ".go"):
            (self.faults / f"{point}{suffix}").unlink(missing_ok=True)
        (self.faults / point).write_text(wish)

    def reached(self, point: str) -> None:
        """Waits until a process stands still at a fault point."""
        wait_until(lambda: (self.faults / f"{point}.reached").exists())

    def go(self, point: str) -> None:
        """Lets the waiting process go on."""
        (self.faults / f"{point}.go").touch()

    def struck(self, point: str) -> bool:
        """Whether the order at a fault point was taken."""
        return not (self.faults / point).exists()

    def request(
        self, method: str, path: str, body: Any = None, *, person: str = PERSON, **headers: str
    ) -> tuple[int, Any]:
        """Status and JSON body of one request with the person's token.

        Raises:
            GoneError: when there is no answer.
        """
        if path != "/api/v1/token":
            headers["Authorization"] = f"Bearer {self.token(person)}"
        data = None if body is None else json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        question = urllib.request.Request(
            f"{self.url}{path}", data=data, method=method, headers=named
        )
        try:
            with urllib.request.urlopen(question, timeout=60) as answer:
                content = answer.read()
                return answer.status, json.loads(content) if content else None
        except urllib.error.HTTPError as error:
            content = error.read()
            return error.code, json.loads(content) if content.startswith(b"{") else content
        except (OSError, HTTPException) as error:
            # The latter when the connection is cut in the middle of an answer.
            raise GoneError(repr(error)) from None

    def token(self, person: str) -> str:
        """The person's access token, asked for once."""
        if person not in self._tokens:
            body = {"account": person, "password": self.passwords[person]}
            status, answer = self.request("POST", "/api/v1/token", body)
            assert status == 200, answer
            self._tokens[person] = answer["token"]
        return self._tokens[person]

    def again(self, method: str, path: str, body: Any = None, **more: str) -> tuple[int, Any]:
        """As ``request``, tried until the platform answers and can do its work."""
        deadline = time.monotonic() + START_S
        while True:
            try:
                status, answer = self.request(method, path, body, **more)
                if status not in (502, 503):
                    return status, answer
            except GoneError:
                pass
            assert time.monotonic() < deadline, "the site did not come back by itself"
            time.sleep(0.1)

    def audit_report(self) -> dict[str, Any]:
        """What ``suwen audit verify`` says."""
        report: dict[str, Any] = self.run_here("audit", "verify", "--json", check=False).json
        return report

    def events(self, last: int = 10000) -> list[dict[str, Any]]:
        """The latest audit events, oldest first."""
        done = self.run_here("audit", "show", "--last", str(last), "--json")
        events: list[dict[str, Any]] = done.json
        return events


def wait_until(condition: Callable[[], bool], limit_s: float = 90.0) -> None:
    """Waits for a condition; fails when it does not come true."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def kill(pid: int) -> None:
    """``kill -9``."""
    os.kill(pid, signal.SIGKILL)


@dataclass
class Rounds:
    """Repeats a kill: ``times`` of them, or as many as fit into ``limit_s`` seconds."""

    times: int
    limit_s: float = 3600.0
    done: int = 0

    def __iter__(self) -> Iterator[int]:
        deadline = time.monotonic() + self.limit_s
        for number in range(self.times):
            if time.monotonic() > deadline:
                return
            yield number
            self.done = number + 1
