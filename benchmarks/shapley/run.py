"""Measures every row of the engine's table beside its peers: one command, JSON and markdown.

The peers need interpreters of their own (shapiq 1.8 wants Python 3.12; pyDVL pins numpy 1.26):

    python3.12 -m venv /tmp/peers/shapiq
    /tmp/peers/shapiq/bin/pip install "shapiq[proxy,sparse]==1.8.0"
    python3.11 -m venv /tmp/peers/pydvl
    /tmp/peers/pydvl/bin/pip install pyDVL==0.10.0
    python3.11 -m venv /tmp/peers/exact
    /tmp/peers/exact/bin/pip install coopgame-py shapley-numba shap

Then, from the checkout (hours for everything at 20 seeds; each part resumes where it was cut):

    OMP_NUM_THREADS=1 python -m benchmarks.shapley.run out \\
        --shapiq /tmp/peers/shapiq/bin/python --pydvl /tmp/peers/pydvl/bin/python \\
        --exact /tmp/peers/exact/bin/python

`out/report.md` is the report; the `.jsonl` files beside it hold one line a run. Without these
interpreters only our side is measured. ShaplEIG (`shapiq[shapleig]`) takes minutes a run and is
run only when named in `--shapiq-methods`.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.shapley.games import OWN, STANDARD
from benchmarks.shapley.report import report

SKIPPED = {"shapiq.ShaplEIG"}


def _run(command: list[str]) -> str:
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, check=True, text=True, env=environment, stdout=subprocess.PIPE
    )
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--shapiq", help="interpreter with shapiq")
    parser.add_argument("--pydvl", help="interpreter with pyDVL")
    parser.add_argument(
        "--exact", help="interpreter with coopgame-py, shapley-numba and shap"
    )
    parser.add_argument("--shapiq-methods", nargs="*")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10, 16, 30, 50, 100])
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    common = ["--seeds", str(chosen.seeds), "--sizes", *map(str, chosen.sizes)]
    own = [
        sys.executable,
        "-m",
        "benchmarks.shapley.accuracy",
        str(chosen.out / "auto.jsonl"),
    ]
    _run([*own, *common, "--families", *STANDARD, *OWN])
    fixed = [
        sys.executable,
        "-m",
        "benchmarks.shapley.accuracy",
        str(chosen.out / "balanced.jsonl"),
    ]
    few = ["--seeds", str(min(chosen.seeds, 10)), "--sizes", "10", "16", "30"]
    _run([*fixed, *few, "--methods", "balanced"])
    _run(
        [
            sys.executable,
            "-m",
            "benchmarks.shapley.speed",
            str(chosen.out / "speed.json"),
        ]
    )
    solved: dict[str, float | str] = {}
    for interpreter in filter(None, (chosen.exact, chosen.shapiq)):
        text = _run([interpreter, "benchmarks/shapley/peers_exact.py", "20"])
        solved |= json.loads(text.splitlines()[-1])
    if solved:
        (chosen.out / "peers_exact.json").write_text(json.dumps(solved) + "\n")
    for peer, interpreter in (("shapiq", chosen.shapiq), ("pydvl", chosen.pydvl)):
        if interpreter is None:
            continue
        command = [interpreter, "-m", "benchmarks.shapley.peers", peer]
        command += [str(chosen.out / f"{peer}.jsonl"), *common, "--families", *STANDARD]
        if peer == "shapiq":
            from benchmarks.shapley.peers_shapiq import ESTIMATORS

            command += [
                "--methods",
                *(chosen.shapiq_methods or sorted(set(ESTIMATORS) - SKIPPED)),
            ]
        _run(command)
    (chosen.out / "report.md").write_text(report(chosen.out))
    print(chosen.out / "report.md")


if __name__ == "__main__":
    main()
