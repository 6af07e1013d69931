"""The PyTorch side of benchmarks/peer: the same training steps as peer_step, run on request.

    torch_step.py TRAINER MODE FOLDER THREADS [DEVICE]

MODE is float32, bfloat16 (autocast), compiled_float32 or compiled_bfloat16; on DEVICE cuda also tf32, and graph_float32,
graph_tf32 and graph_bfloat16: the losses compiled, and the whole step, optimiser included, one CUDA graph. Reads FOLDER/start.safetensors,
takes its first steps and prints their losses as one JSON line; then, for each number N on standard input, takes
N more steps on the last batch and prints the milliseconds of each as a JSON list; on a GPU, which is only waited for
when all are started, their mean.

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
    WARM_UP = 3  # steps before a graph is captured, as PyTorch asks for

    def __init__(self, trainer, mode, start, device):
        start = {name: value.to(device) for name, value in start.items()}
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
            capturable=mode.startswith("graph"),
        )
        losses = ff_losses if trainer == "ff" else bp_losses
        compiled = mode.startswith(("compiled", "graph"))
        self.losses = torch.compile(losses) if compiled else losses
        self.mode, self.device = mode, device
        self.steps, self.graph = 0, None
        if device == "cuda":
            torch.backends.cuda.matmul.allow_tf32 = mode.endswith("tf32")

    def step(self, batch):
        if not self.mode.startswith("graph"):
            return self.plain_step(batch)
        self.steps += 1
        if self.steps <= self.WARM_UP:
            return self.step_aside(batch)
        *tensors, classes = batch
        if self.graph is None:
            self.inputs = [tensor.clone() for tensor in tensors]
            self.optimizer.zero_grad(set_to_none=True)  # gradients are the graph's own
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                self.outputs = self.plain_step((*self.inputs, classes))
        for own, tensor in zip(self.inputs, tensors):
            own.copy_(tensor)
        self.graph.replay()
        return self.outputs

    def step_aside(self, batch):
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            losses = self.plain_step(batch)
        torch.cuda.current_stream().wait_stream(stream)
        return losses

    def plain_step(self, batch):
        autocast = (
            torch.autocast(self.device, torch.bfloat16)
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
    trainer, mode, folder, threads, *rest = sys.argv[1:]
    device = rest[0] if rest else "cpu"
    torch.set_num_threads(int(threads))
    start = read_safetensors(f"{folder}/start.safetensors")
    labels = start.pop("labels").flatten().long()
    wrong = start.pop("wrong_labels").flatten().long()
    images = [start.pop(f"images.{n}") for n in range(5)]
    classes = int(max(labels.max(), wrong.max())) + 1
    batches = [
        (*(part.to(device) for part in (x, *(column.split(x.shape[0])[n] for column in (labels, wrong)))), classes)
        for n, x in enumerate(images)
    ]
    training = Training(trainer, mode, start, device)
    print(json.dumps([training.step(batch).tolist() for batch in batches]), flush=True)
    for line in sys.stdin:
        count = int(line)
        together = count if device == "cuda" else 1
        milliseconds = []
        for _ in range(0, count, together):
            begin = time.perf_counter()
            for _ in range(together):
                training.step(batches[-1])
            if device == "cuda":
                torch.cuda.synchronize()
            milliseconds.append(1e3 * (time.perf_counter() - begin) / together)
        print(json.dumps(milliseconds), flush=True)


if __name__ == "__main__":
    main()
