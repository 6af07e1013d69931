"""Reads what a run leaves in its folder: result.json, metrics.jsonl, config.yaml, model.safetensors."""

import json
import pathlib
import re
import struct

import numpy as np
import yaml


class Loader(yaml.SafeLoader):
    """PyYAML reads YAML 1.1, where 1e-4 is text for want of a point; in YAML 1.2, which twopass writes, a number."""


Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$"), list("-+.0123456789"))


def read_result(run):
    return json.loads(pathlib.Path(run, "result.json").read_text())


def read_metrics(run):
    """A dict for each epoch."""
    return [json.loads(line) for line in pathlib.Path(run, "metrics.jsonl").read_text().splitlines()]


def read_config(run):
    """The pipeline with all defaults filled in."""
    return yaml.load(pathlib.Path(run, "config.yaml").read_text(), Loader)


def read_weights(run):
    """Arrays by name: layers.0.weight [outputs, inputs], layers.0.bias [outputs], layers.1.weight, ...

    `safetensors.numpy.load_file`, of the package safetensors, does the same.
    """
    data = pathlib.Path(run, "model.safetensors").read_bytes()
    header_end = 8 + struct.unpack("<Q", data[:8])[0]
    weights = {}
    for name, tensor in json.loads(data[8:header_end]).items():
        if name != "__metadata__":
            first, end = tensor["data_offsets"]
            values = np.frombuffer(data[header_end + first : header_end + end], "<f4")  # all weights are float32
            weights[name] = values.reshape(tensor["shape"])
    return weights
