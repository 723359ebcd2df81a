"""The engine's own process: ``python -m suwen.inference.embedded``.

Serves the OpenAI routes of llama.cpp on the loopback interface. The bearer key is the first line of
standard input, so that it stands neither in the process list nor in the environment; when standard
input ends, the supervisor is gone and the engine ends too.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, Final

from suwen.inference.embedded.free_cores import threads_now, usable_cores, waits_asleep

EXIT_MODEL_UNREADABLE: Final = 3
EXIT_ORPHANED: Final = 5

_PR_SET_PDEATHSIG: Final = 1
_PROMPT_CACHE_MIB: Final = 256


def main() -> int:
    """Serves until the supervisor goes; the exit status says why it could not."""
    options = _options()
    if not _die_with_parent(options.parent):
        return EXIT_ORPHANED
    # A core file would hold prompts.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = _own_standard_output()
    key = sys.stdin.readline().strip()
    threads = threads_now(options.threads)
    server = _serve(options, key, threads)
    if server is None:
        return EXIT_MODEL_UNREADABLE
    os.write(answers, json.dumps({"ready": True, "threads": threads}).encode() + b"\n")
    os.close(answers)
    while sys.stdin.readline():
        pass
    # Ends at once: the native threads hold nothing that must be saved.
    os._exit(0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m suwen.inference.embedded")
    parser.add_argument("--model", type=Path, required=True, help="GGUF file")
    parser.add_argument("--name", required=True, help="name under which the model is served")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--threads", type=int, help="most threads; never more than free cores")
    parser.add_argument("--context", type=int, default=8192, help="tokens for each slot")
    parser.add_argument("--slots", type=int, default=2, help="answers generated at once")
    parser.add_argument("--parent", type=int, required=True, help="process that must stay alive")
    return parser.parse_args()


def _die_with_parent(parent: int) -> bool:
    """Has the kernel kill this process when its parent dies; ``False`` when it died already."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    return os.getppid() == parent


def _own_standard_output() -> int:
    """A descriptor for our own line to the supervisor; what native code prints goes to standard
    error from now on, so that it can neither be taken for that line nor fill the pipe."""
    answers = os.dup(1)
    os.dup2(2, 1)
    return answers


def _serve(options: argparse.Namespace, key: str, threads: int) -> Any:
    """The running server, or ``None`` when the model cannot be loaded."""
    if not key or not options.model.is_file():
        return None
    if waits_asleep(threads, usable_cores()):
        os.environ["OMP_WAIT_POLICY"] = "passive"  # read once, when the native code is loaded
    import xllamacpp  # loads 50 MB of native code: only this process does

    params = xllamacpp.CommonParams()
    params.model.path = str(options.model)
    params.model_alias = {options.name}
    params.hostnames = ["127.0.0.1"]
    params.port = options.port
    # The supervisor holds the port as long as it lives, so that no other account can take it
    # between two lives of the engine and receive what was meant for it.
    params.reuse_port = True
    params.api_keys = [key]
    params.offline = True
    params.ui = False
    params.n_ctx = options.context * options.slots
    params.n_parallel = options.slots
    params.cont_batching = True
    params.cache_prompt = True
    params.cache_ram_mib = _PROMPT_CACHE_MIB
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.n_threads_http = options.slots + 4
    params.n_gpu_layers = 0
    params.warmup = False
    params.verbosity = 0
    try:
        return xllamacpp.Server(params)
    except RuntimeError:
        return None


if __name__ == "__main__":
    sys.exit(main())
