"""Recomputes a run's pretext accuracy from its weights, beside what twopass reported: scores.py RUN TEST_IMAGES"""

import gzip
import pathlib
import struct
import sys

import numpy as np
from philox import EVALUATION_CLASS, SUBSET, Random
from run_folder import read_config, read_result, read_weights

CLASSES = 4  # of rotation
GOODNESS = {
    "norm": lambda activity: np.sqrt((activity**2).sum(axis=1)),
    "sum_squares": lambda activity: (activity**2).sum(axis=1),
    "mean_squares": lambda activity: (activity**2).mean(axis=1),
}
KNOWN = {
    "dataset": {"validation_size": [0]},
    "pretext": {"plugin": ["rotation"]},
    "network": {"normalization": ["layer_norm"]},
    "trainer": {"plugin": ["ff", "bp"], "negatives": ["wrong_label"], "loss": ["cross_entropy"],
                "score_reduction": ["goodness"]},
}


def refuse_unknown(config):
    for section, options in KNOWN.items():
        for option, known in options.items():
            value = config[section].get(option, known[0])  # FF has no loss, BP no negatives
            if value not in known:
                sys.exit(f"this example knows {section}.{option}: {' and '.join(map(str, known))}, not {value}")


def read_images(path):
    """[images, rows, columns] of an IDX file, plain or gzipped."""
    data = pathlib.Path(path).read_bytes()
    if data.startswith(b"\x1f\x8b"):
        data = gzip.decompress(data)
    magic, *shape = struct.unpack(">4I", data[:16])
    if magic != 0x803:
        sys.exit(f"{path} holds no images in the IDX format")
    return np.frombuffer(data, np.uint8, offset=16).reshape(shape)


def choose(images, test_size):
    if test_size in (0, len(images)):  # all, in the order of the file
        return images
    return images[Random(0, SUBSET, stream=1).permutation(len(images))[:test_size]]  # 1: the test split


def rotate(images):
    """Pixels in [0, 1], [images, pixels], and by how many quarter turns each image was rotated."""
    random = Random(0, EVALUATION_CLASS)
    turns = np.array([random.below(CLASSES) for _ in images])
    rotated = np.stack([np.rot90(image, count) for image, count in zip(images, turns)])
    return rotated.reshape(len(images), -1).astype(np.float32) / 255, turns


def layer_sums(x, weights, network):
    """Each layer's sums before ReLU, [images, units]; BP's output layer comes after the hidden ones."""
    for layer in range(len(weights) // 2):
        if layer > 0 or network.get("normalize_input", True):  # older runs have no such option
            x = x - x.mean(axis=1, keepdims=True)
            x /= np.sqrt((x**2).mean(axis=1, keepdims=True) + network["epsilon"])
        sums = x @ weights[f"layers.{layer}.weight"].T + weights[f"layers.{layer}.bias"]
        yield sums
        x = np.maximum(sums, 0)


def ff_scores(pixels, weights, config):
    """By layer, the goodness that each image reaches with each label in its first pixels, [images, CLASSES]."""
    trainer, depth = config["trainer"], len(config["network"]["hidden"])
    scores = np.empty((depth, len(pixels), CLASSES), np.float32)
    for label in range(CLASSES):
        labelled = pixels.copy()
        labelled[:, :CLASSES] = 0
        labelled[:, label] = trainer["label_strength"]
        for layer, sums in enumerate(layer_sums(labelled, weights, config["network"])):
            scores[layer, :, label] = GOODNESS[trainer["goodness"]](np.maximum(sums, 0))
    voters = [layer - 1 for layer in trainer["score_layers"]] or list(range(depth))[-3:]
    by_layer = {f"layer{layer + 1}": scores[layer] for layer in range(depth)}
    return by_layer | {"combined": scores[voters].mean(axis=0)}


def bp_scores(pixels, weights, config):
    *_, output = layer_sums(pixels, weights, config["network"])
    return {"output": output}


def main(run, test_images):
    config, pretext = read_config(run), read_result(run)["pretext"]
    refuse_unknown(config)
    if "test_accuracy" not in pretext:
        sys.exit("this run reports no pretext accuracy, for it learned nothing")
    pixels, turns = rotate(choose(read_images(test_images), config["dataset"]["test_size"]))
    score = ff_scores if config["trainer"]["plugin"] == "ff" else bp_scores
    reported = [*pretext["layers"], pretext["test_accuracy"]]
    print(f"{'':10}{'numpy':>9}{'reported':>10}")
    for (name, scores), accuracy in zip(score(pixels, read_weights(run), config).items(), reported, strict=True):
        print(f"{name:10}{(scores.argmax(axis=1) == turns).mean():9.4f}{accuracy:10.4f}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
