"""Measure the largest errors in ULP of every library, dtype and executor, and print the table of
docs/numerics.md.

The logits are random over all magnitudes, both signs, with the corners of the contract; the labels 0, 1 and
soft ones. The exact values are mpmath's. Each executor runs in a process of its own: the formula where Numba
is hidden.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
QUANTITIES = ("loss", "logits", "targets", "weight", "pos_weight")
POS_WEIGHT = 2.5
"""Of the last three columns: a power of two would hide a rounding. The first two are without weights."""


def measure(executor: str, size: int, names: list[str]) -> dict[str, dict[str, dict[str, float]]]:
    """The largest distance in ULP by framework, dtype and quantity, with the executor of this process."""
    if executor == "formula":
        sys.modules["numba"] = None  # type: ignore[assignment]
    sys.path.insert(0, str(ROOT / "tests" / "support"))
    import exact
    import frameworks
    import numpy as np

    import compatlosses as cl

    frameworks.load(names or [name for name in frameworks.KNOWN if frameworks.installed(name)])
    rng = np.random.default_rng(2)
    table: dict[str, dict[str, dict[str, float]]] = {}
    for dtype in ("float16", "bfloat16", "float32", "float64"):
        reach = {"float16": (-8, 4.8), "bfloat16": (-38, 38), "float32": (-38, 38), "float64": (-300, 300)}[
            dtype
        ]
        wild = 10 ** rng.uniform(*reach, size=size // 4)
        usual = 10 ** rng.uniform(-2, 2.05, size=size - size // 4)
        logits = frameworks.rounded(np.concatenate([wild, usual]) * rng.choice([-1, 1], size=size), dtype)
        labels = rng.choice([0.0, 1.0, 2.0], size=size)
        targets = frameworks.rounded(np.where(labels == 2.0, rng.uniform(size=size), labels), dtype)
        pairs = list(zip(logits.tolist(), targets.tolist(), strict=True))
        expected = {
            "loss": [exact.loss(*pair) for pair in pairs],
            "logits": [exact.d_logits(*pair) for pair in pairs],
        }
        for name in QUANTITIES[2:]:
            expected[name] = [exact.DERIVATIVES[name](*pair, 1.0, POS_WEIGHT) for pair in pairs]
        for framework in frameworks.FRAMEWORKS:
            if dtype not in framework.dtypes:
                continue
            weights = np.ones(size), np.full(size, POS_WEIGHT)
            tensors = [framework.tensor(v, dtype) for v in (logits, targets, *weights)]
            ran = cl.executor_of(cl.binary_cross_entropy_with_logits, tensors[0], tensors[1])
            if not ran.startswith(executor):
                raise SystemExit(f"{framework.name} ran {ran}, not {executor}")
            got = values(cl, framework, tensors)
            worst = {name: exact.worst(got[name].tolist(), expected[name], dtype)[0] for name in QUANTITIES}
            table.setdefault(framework.name, {})[dtype] = worst
    return table


def values(cl: Any, framework: Any, tensors: list[Any]) -> dict[str, Any]:
    """Loss and gradients of every element."""

    def loss(x: Any, y: Any, w: Any, p: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(x, y, weight=w, pos_weight=p, reduction="none")

    def unweighted(x: Any) -> Any:
        return cl.binary_cross_entropy_with_logits(x, tensors[1], reduction="none")

    if framework.name in ("numpy", "array_api"):
        options = {"weight": tensors[2], "pos_weight": tensors[3], "reduction": "none"}
        by_logits = [
            cl.value_and_gradients(cl.binary_cross_entropy_with_logits, *tensors[:2], reduction="none")[1][
                "logits"
            ]
        ]
        gradients = list(
            cl.value_and_gradients(
                cl.binary_cross_entropy_with_logits, *tensors[:2], wrt=QUANTITIES[1:], **options
            )[1].values()
        )
    else:
        by_logits = framework.gradients(unweighted, tensors[:1])
        gradients = framework.gradients(loss, tensors)
    found = [unweighted(tensors[0]), *by_logits, *gradients[1:]]
    return {name: framework.array(t) for name, t in zip(QUANTITIES, found, strict=True)}


def main() -> None:
    """Measure both executors and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=4000, help="logits a dtype (default 4000)")
    parser.add_argument(
        "--executor", choices=["formula", "fused"], help="measure this one alone and print JSON"
    )
    parser.add_argument(
        "--framework", action="append", default=[], metavar="NAME",
        help="measure this one besides NumPy; give it again for more (default every installed one)",
    )  # fmt: skip
    arguments = parser.parse_args()
    if arguments.executor:
        print(json.dumps(measure(arguments.executor, arguments.size, arguments.framework)))
        return
    print("| executor | library | dtype | loss | d/dlogits | d/dtargets | d/dweight | d/dpos_weight |")
    print("|---|---|---|---|---|---|---|---|")
    for executor in ("fused", "formula"):
        command = [sys.executable, __file__, "--executor", executor, "--size", str(arguments.size)]
        command += [word for name in arguments.framework for word in ("--framework", name)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        for name, by_dtype in json.loads(done.stdout.splitlines()[-1]).items():
            for dtype, worst in by_dtype.items():
                cells = " | ".join(f"{worst[quantity]:.3f}" for quantity in QUANTITIES)
                print(f"| {executor} | {name} | {dtype} | {cells} |")


if __name__ == "__main__":
    main()
