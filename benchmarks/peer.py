"""Median time of a training step, twopass beside PyTorch; called by benchmarks/peer.

All programs of one row (trainer and batch size) are alive at once, take the same first steps, must agree on
their losses, and then take turns: A B C ... A B C ..., so that a slow minute of the machine hits all alike.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PEERS = {
    "cpu": ["float32", "bfloat16", "compiled_float32", "compiled_bfloat16"],
    "cuda": ["float32", "tf32", "bfloat16", "graph_float32", "graph_tf32", "graph_bfloat16"],
}
BACKENDS = {
    "cpu": ["blas:float32", "onednn:float32", "onednn:bfloat16"],
    "cuda": ["cuda:float32", "cuda:tf32", "cuda:bfloat16"],
}
BATCHES = {"cpu": [200, 512], "cuda": [200, 512, 2048]}
# Relative difference allowed in the losses of the very first step, and of those after it: Adam's first updates move
# a weight by the learning rate along its gradient's sign, so rounding in a tiny gradient shows in full.
BOUNDS = {"float32": (1e-5, 3e-3), "bfloat16": (1e-2, 3e-2)}


class Worker:
    def __init__(self, name, command):
        self.name, self.times = name, []
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.first = self.read()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"peer: {self.name} ended early; see its message above")
        return json.loads(line)

    def steps(self, count):
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        return self.read()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def losses(metrics, trainer):
    """The losses of one twopass step, in the order of PyTorch's."""
    if trainer == "bp":
        return [metrics["loss"]]
    layers = sum(name.endswith(".loss") for name in metrics)
    return [metrics[f"layer{n}.loss"] for n in range(1, layers + 1)]


def check_losses(workers, trainer):
    reference = next(w for w in workers if w.name == "torch float32").first
    for worker in workers:
        rounds = "bfloat16" in worker.name or "tf32" in worker.name
        bounds = BOUNDS["bfloat16" if rounds else "float32"]
        for step, (ours, theirs) in enumerate(zip(worker.first, reference)):
            bound = bounds[min(step, 1)]
            if isinstance(ours, dict):
                ours = losses(ours, trainer)
            for a, b in zip(ours, theirs, strict=True):
                if abs(a - b) > bound * abs(b):
                    sys.exit(
                        f"peer: {worker.name} and PyTorch differ in step {step + 1}: losses {ours} and {theirs}"
                    )


def measure(arguments, trainer, batch):
    with tempfile.TemporaryDirectory() as folder:
        common = [f"trainer.plugin={trainer}", f"trainer.batch_size={batch}"]
        workers = []
        for backend in arguments.backends:
            name, precision = backend.split(":")
            options = f"backend={{plugin: {name}"
            if name != "cuda":
                options += f", threads: {arguments.threads}"
            if precision == "tf32":
                options += ", tf32: true"
            elif name != "blas":
                options += f", precision: {precision}"
            options += "}"
            workers.append(
                Worker(
                    f"{name} {precision}",
                    [arguments.peer_step, arguments.pipeline, folder, *common, options],
                )
            )
        for mode in PEERS[arguments.device]:
            command = [sys.executable, HERE / "torch_step.py", trainer, mode, folder]
            workers.append(
                Worker(
                    f"torch {mode}", [*command, arguments.threads, arguments.device]
                )
            )
        check_losses(workers, trainer)
        for turn in range(arguments.turns + 1):
            for worker in workers:
                times = worker.steps(arguments.steps)
                if turn > 0:  # the first turn warms up
                    worker.times += times
        for worker in workers:
            worker.close()
    return {worker.name: statistics.median(worker.times) for worker in workers}


def table(rows, modes):
    names = list(next(iter(rows.values())))
    lines = [["median ms per step", *rows]]
    lines += [[name, *(f"{row[name]:.{1 if row[name] >= 10 else 3}f}" for row in rows.values())] for name in names]
    for name in (n for n in names if not n.startswith("torch")):
        for label, peers in (
            ("PyTorch eager float32", ["torch float32"]),
            ("PyTorch's best", [f"torch {mode}" for mode in modes]),
        ):
            ratios = [min(row[p] for p in peers) / row[name] for row in rows.values()]
            lines.append([f"{name} over {label}", *(f"{ratio:.2f}x" for ratio in ratios)])
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer_step", type=pathlib.Path)
    parser.add_argument("--pipeline", default=HERE / "peer.yaml")
    parser.add_argument("--trainers", nargs="+", default=["ff", "bp"])
    parser.add_argument("--device", choices=PEERS, default="cpu")
    parser.add_argument("--batches", nargs="+", type=int, help="200 512, on a GPU also 2048")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10, help="per turn")
    parser.add_argument(
        "--backends",
        nargs="+",
        help="BACKEND:PRECISION; all of the device's",
    )
    arguments = parser.parse_args()
    arguments.batches = arguments.batches or BATCHES[arguments.device]
    arguments.backends = arguments.backends or BACKENDS[arguments.device]
    rows = {
        f"{trainer.upper()} {batch}": measure(arguments, trainer, batch)
        for trainer in arguments.trainers
        for batch in arguments.batches
    }
    print(table(rows, PEERS[arguments.device]))


if __name__ == "__main__":
    main()
