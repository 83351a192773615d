"""Whether the 200th message of a conversation costs what the fifth did."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def bench_history(figures: dict[str, Any], rows: list[tuple[str, str, str]], phrases: Path) -> None:
    """CPU of messages around the fifth and around the 200th, alternating over conversations."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **{k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}},
            "DEMO": "1", "VAR_DIR": folder, "ENCODER": "none",
        }  # fmt: skip
        command = [sys.executable, "-m", "tests.bench.long_conversation", str(phrases)]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
    result = json.loads(done.stdout.splitlines()[-1])
    figures["history"] = result
    rows.append(("message 200 / message 5, CPU", f"{result['ratio']:.3f}", "0.9 to 1.1"))
