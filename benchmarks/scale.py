#!/usr/bin/env python3
"""Times training steps of Forward-Forward and backprop over widths, depths and batch sizes, each in a process of its
own, and prints tables: milliseconds, rate over that of a large product, the floor (products and optimiser one after the
other at their own rates) over the time, and the process's peak memory.

    benchmarks/scale.py build/release/bin/training_step [key=value ...]     # such as backend.plugin=blas
"""

import json
import subprocess
import sys
from pathlib import Path

PIPELINE = Path(__file__).parent / "peer.yaml"
DEFAULTS = {"width": 2000, "depth": 4, "batch": 200}
SERIES = [("width", [500, 1000, 2000, 4000], {}), ("depth", [2, 4, 6, 8], {}),
          ("batch", [50, 200, 512, 1024, 4096], {}), ("depth", [2, 4, 6, 8], {"batch": 4096})]


def measure(program, trainer, width, depth, batch, overrides):
    command = [program, PIPELINE, f"trainer.plugin={trainer}", f"trainer.batch_size={batch}",
               f"network.hidden=[{', '.join([str(width)] * depth)}]", *overrides,
               "--benchmark_format=json", "--benchmark_min_time=0.3"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    runs = {run["name"].removesuffix("/real_time"): run for run in json.loads(output)["benchmarks"]}
    step = runs["step"]
    return [f"{step['real_time']:.1f}", f"{100 * step['peak_share']:.0f} %", f"{100 * step['floor_share']:.0f} %",
            f"{runs['step/alone']['peak_MB']:.0f}"]


def main():
    program, *overrides = sys.argv[1:]
    for name, values, others in SERIES:
        columns = [f"{trainer} {what}" for trainer in ("FF", "BP") for what in ("ms", "of peak", "of floor", "MB")]
        title = name + "".join(f", {other} {value}" for other, value in others.items())
        print(f"\n| {title} | {' | '.join(columns)} |\n| --- |{' --- |' * len(columns)}")
        for value in values:
            cells = []
            for trainer in ("ff", "bp"):
                cells += measure(program, trainer, overrides=overrides, **{**DEFAULTS, **others, name: value})
            print(f"| {value} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
