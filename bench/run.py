"""Runs every measurement and prints one table: what was measured, against what, the ratio, the aim.

Each script in this folder prints one JSON object ``{"bench", "measured", "rows": [{"name", "value",
"unit", "peer", "peer_value", "ratio", "aim"}]}``; timings are never a test's assertion.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
SCRIPT_LIMIT_S = 900


def run_one(script: Path) -> dict[str, object] | None:
    """Result of one script, or ``None`` with its last words on standard error."""
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=SCRIPT_LIMIT_S,
        check=False,
    )
    if done.returncode:
        print(f"{script.stem}: failed\n{done.stderr[-2000:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> int:
    """Runs all scripts, or those named on the command line; 1 when one failed."""
    wanted = set(sys.argv[1:])
    scripts = [s for s in sorted(FOLDER.glob("*.py")) if s.name != "run.py"]
    scripts = [s for s in scripts if not wanted or s.stem in wanted]
    results = [run_one(script) for script in scripts]
    load = os.getloadavg()
    print(f"{'measured':<52} {'value':>12} {'peer or limit':>14} {'ratio':>8}  aim")
    for result in filter(None, results):
        for row in result["rows"]:
            peer = "" if row.get("peer_value") is None else f"{row['peer_value']:.4g}"
            ratio = "" if row.get("ratio") is None else f"{row['ratio']:.3g}"
            name = f"{result['bench']}: {row['name']} [{row['unit']}]"
            print(f"{name:<52} {row['value']:>12.4g} {peer:>14} {ratio:>8}  {row.get('aim') or ''}")
    print(f"load average {load[0]:.1f} {load[1]:.1f} {load[2]:.1f}, {os.cpu_count()} cores")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
