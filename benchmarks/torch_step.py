"""The PyTorch side of benchmarks/peer: the same training steps as peer_step, run on request.

    torch_step.py TRAINER MODE FOLDER THREADS

MODE is float32, bfloat16 (autocast), compiled_float32 or compiled_bfloat16. Reads FOLDER/start.safetensors,
takes its first steps and prints their losses as one JSON line; then, for each number N on standard input, takes
N more steps on the last batch and prints the milliseconds of each as a JSON list.

FF as one would write it for speed: positives and negatives stacked in one batch, every layer's input detached,
one backward pass over the sum of all layers' losses, fused Adam over all parameters.
"""

import contextlib
import json
import struct
import sys
import time

import numpy
import torch
import torch.nn.functional as F

THRESHOLD, LEARNING_RATE = 10.0, 1e-4


def read_safetensors(path):
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        values = numpy.frombuffer(data[first:last], dtype="<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors


def normalized(x):
    return F.layer_norm(x, x.shape[-1:], eps=1e-5)


def ff_losses(layers, images, labels, wrong, classes):
    batch = images.shape[0]
    x = torch.cat([images, images])
    x[:batch, :classes] = F.one_hot(labels, classes).to(x.dtype)
    x[batch:, :classes] = F.one_hot(wrong, classes).to(x.dtype)
    losses = []
    for weight, bias in layers:
        x = F.relu(F.linear(normalized(x.detach()), weight, bias))
        goodness = torch.linalg.vector_norm(x.float(), dim=1)
        losses.append(
            F.softplus(THRESHOLD - goodness[:batch]).mean()
            + F.softplus(goodness[batch:] - THRESHOLD).mean()
        )
    return torch.stack(losses)


def bp_losses(layers, images, labels, wrong, classes):
    x = images
    for weight, bias in layers[:-1]:
        x = F.relu(F.linear(normalized(x), weight, bias))
    logits = F.linear(normalized(x), *layers[-1])
    return F.cross_entropy(logits.float(), labels).reshape(1)


class Training:
    def __init__(self, trainer, mode, start):
        count = sum(name.endswith(".weight") for name in start)
        self.layers = [
            (
                start[f"layers.{n}.weight"].requires_grad_(),
                start[f"layers.{n}.bias"].flatten().requires_grad_(),
            )
            for n in range(count)
        ]
        # A bias is a view of the file's row; the optimiser wants leaves.
        self.layers = [(w, b.detach().requires_grad_()) for w, b in self.layers]
        self.optimizer = torch.optim.Adam(
            [parameter for layer in self.layers for parameter in layer],
            lr=LEARNING_RATE,
            fused=True,
        )
        losses = ff_losses if trainer == "ff" else bp_losses
        self.losses = torch.compile(losses) if mode.startswith("compiled") else losses
        self.mode = mode

    def step(self, batch):
        autocast = (
            torch.autocast("cpu", torch.bfloat16)
            if self.mode.endswith("bfloat16")
            else contextlib.nullcontext()
        )
        self.optimizer.zero_grad(set_to_none=True)
        with autocast:
            losses = self.losses(self.layers, *batch)
        losses.sum().backward()
        self.optimizer.step()
        return losses


def main():
    trainer, mode, folder, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    start = read_safetensors(f"{folder}/start.safetensors")
    labels = start.pop("labels").flatten().long()
    wrong = start.pop("wrong_labels").flatten().long()
    images = [start.pop(f"images.{n}") for n in range(5)]
    classes = int(max(labels.max(), wrong.max())) + 1
    batches = [
        (x, *(column.split(x.shape[0])[n] for column in (labels, wrong)), classes)
        for n, x in enumerate(images)
    ]
    training = Training(trainer, mode, start)
    print(json.dumps([training.step(batch).tolist() for batch in batches]), flush=True)
    for line in sys.stdin:
        milliseconds = []
        for _ in range(int(line)):
            begin = time.perf_counter()
            training.step(batches[-1])
            milliseconds.append(1e3 * (time.perf_counter() - begin))
        print(json.dumps(milliseconds), flush=True)


if __name__ == "__main__":
    main()
