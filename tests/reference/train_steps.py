"""Reference values for the C++ tests: three training steps, in PyTorch, float64.

A small ReLU network (36 -> 10 -> 8 -> 7, and 4 output units for cross-entropy)
takes three Adam steps of Forward-Forward ("ff": with wrong labels, or with hybrid
images and no labels), or of backpropagation of the cross-entropy
("bp_cross_entropy") or of the goodness loss of the last or all hidden layers
("bp_goodness_last", "bp_goodness_all").  Images, labels and initial parameters
come from formulas, so that the C++ side can make the same ones.

Weights are flattened row-major from [out][in].  "gradients" are autograd's at
step 0, without the weight decay term: torch.optim.Adam adds weight_decay *
parameter to the gradient, of biases too, inside step().  Floats have as many
digits (at most 17) as it takes to read the same double back.

To run, from the root of the repository (seconds; written with PyTorch 2.15.0):

    python3 -m venv /tmp/torch-venv
    /tmp/torch-venv/bin/pip install torch numpy
    /tmp/torch-venv/bin/python tests/reference/train_steps.py

It writes train_steps.json beside this script.
"""

import datetime
import functools
import json
import math
import pathlib

import torch
import torch.nn.functional as F

BATCH, PIXELS, CLASSES, STEPS = 6, 36, 4, 3
KEPT = 100  # values of each weight that go into the file
HIDDEN = [10, 8, 7]
EPS, LEARNING_RATE = 1e-5, 0.01
THETA = {"norm": 1.5, "sum_squares": 2.0, "mean_squares": 0.4}
NORMALIZATIONS = ["none", "layer_norm", "unit_length", "unit_rms"]


def images(step):
    def pixel(b, p):
        return 0.5 + 0.5 * math.sin(0.7 * b + 0.13 * p * p + 0.3)

    rows = range(BATCH * step, BATCH * (step + 1))
    return torch.tensor([[pixel(b, p) for p in range(PIXELS)] for b in rows])


def labels(step):
    true = [(b + step) % CLASSES for b in range(BATCH)]
    wrong = [(true[b] + 1 + (b + step) % 3) % CLASSES for b in range(BATCH)]
    return torch.tensor(true), torch.tensor(wrong)


def hybrid_images(step):
    """mask * image + (1 - mask) * another image of the batch."""
    x = images(step)
    partner = [(b + 1 + (b + step) % (BATCH - 1)) % BATCH for b in range(BATCH)]
    mask = [
        [float(math.sin(1.1 * p + 0.6 * b + step) > 0) for p in range(PIXELS)]
        for b in range(BATCH)
    ]
    return torch.stack(
        [
            torch.where(torch.tensor(mask[b]) > 0, x[b], x[partner[b]])
            for b in range(BATCH)
        ]
    )


def initial_network(case):
    def entry(o, i, n):
        return 1.2 * math.sin(0.9 * o + 0.41 * i * i + 0.17 * o * i + 0.5 * n)

    sizes = [PIXELS] + HIDDEN
    sizes += [CLASSES] if case["method"] == "bp_cross_entropy" else []
    network = []
    for n, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        rows = [[entry(o, i, n) for i in range(inputs)] for o in range(outputs)]
        weight = torch.tensor(rows) / math.sqrt(inputs)
        bias = torch.tensor([0.1 * math.cos(1.3 * o + n) for o in range(outputs)])
        network.append((weight.requires_grad_(), bias.requires_grad_()))
    return network


def normalize(x, kind):
    if kind == "layer_norm":
        return F.layer_norm(x, x.shape[-1:], eps=EPS)
    if kind == "unit_rms":
        return F.rms_norm(x, x.shape[-1:], eps=EPS)
    if kind == "unit_length":
        return x / torch.sqrt((x**2).sum(dim=1, keepdim=True) + EPS)
    return x


def hidden_layers(network, x, case, extremes=None):
    activities = []
    for weight, bias in network[: len(HIDDEN)]:
        x = x.detach() if case["method"] == "ff" else x
        z = F.linear(normalize(x, case["normalization"]), weight, bias)
        x = F.relu(z)
        activities.append(x)
        if extremes is not None:
            extremes["min_abs_preactivation"].append(z.abs().min().item())
            extremes["min_row_norm"].append(x.norm(dim=1).min().item())
    return activities


def logits(network, x, case, extremes=None):
    h = hidden_layers(network, x, case, extremes)[-1]
    return F.linear(normalize(h, case["normalization"]), *network[-1])


def layer_goodness(network, x, label, case, extremes=None):
    if label is not None:
        one_hot = F.one_hot(label, CLASSES).to(x.dtype) * case["label_strength"]
        x = torch.cat([one_hot, x[:, CLASSES:]], dim=1)
    activities = hidden_layers(network, x, case, extremes)
    if case["goodness"] == "norm":
        return [torch.linalg.vector_norm(h, dim=1) for h in activities]
    if case["goodness"] == "sum_squares":
        return [(h**2).sum(dim=1) for h in activities]
    return [(h**2).mean(dim=1) for h in activities]


def compute_losses(network, step, case, extremes=None):
    """A list of the losses, and each layer's goodness of positives and negatives."""
    x, (true, wrong), theta = images(step), labels(step), case["theta"]
    if case["method"] == "bp_cross_entropy":
        return [F.cross_entropy(logits(network, x, case, extremes), true)], None, None
    if case["negatives"] == "hybrid_images":
        positive = layer_goodness(network, x, None, case, extremes)
        negative = layer_goodness(network, hybrid_images(step), None, case, extremes)
    else:
        positive = layer_goodness(network, x, true, case, extremes)
        negative = layer_goodness(network, x, wrong, case, extremes)
    # The default threshold, 20, would replace softplus(x) by x from there on.
    softplus = functools.partial(F.softplus, threshold=500.0)
    losses = [
        softplus(theta - p).mean() + softplus(n - theta).mean()
        for p, n in zip(positive, negative)
    ]
    if case["method"] == "bp_goodness_last":
        losses = losses[-1:]
    elif case["method"] == "bp_goodness_all":
        losses = [sum(losses)]
    return losses, positive, negative


def check_gradients(network, case):
    """Asserts that autograd agrees with central differences, in every layer."""
    for n, layer in enumerate(network):

        def loss(*layer):
            changed = network[:n] + [layer] + network[n + 1 :]
            losses, _, _ = compute_losses(changed, 0, case)
            return losses[n if case["method"] == "ff" else 0]

        assert torch.autograd.gradcheck(loss, layer, eps=1e-6, atol=1e-8, rtol=0)


def flat(layers):
    """The first values of each weight, row-major: enough to tell, and a small file."""
    return [
        {"weight": w.flatten()[:KEPT].tolist(), "bias": b.tolist()} for w, b in layers
    ]


def run(case):
    network = initial_network(case)
    optimizer = torch.optim.Adam(
        [parameter for layer in network for parameter in layer],
        lr=LEARNING_RATE,
        weight_decay=case["weight_decay"],
    )
    extremes = {"min_abs_preactivation": [], "min_row_norm": []}
    result = {**case, "losses": []}
    for step in range(STEPS):
        optimizer.zero_grad()
        losses, pos, neg = compute_losses(network, step, case, extremes)
        sum(losses).backward()
        result["losses"].append([loss.item() for loss in losses])
        if step == 0:
            if case["goodness"]:
                result["goodness_positive"] = [g.tolist() for g in pos]
                result["goodness_negative"] = [g.tolist() for g in neg]
            result["gradients"] = flat([(w.grad, b.grad) for w, b in network])
            check_gradients(network, case)
        optimizer.step()
    result["parameters"] = flat(network)
    if case["negatives"] == "wrong_label":
        every = [torch.full((BATCH,), k) for k in range(CLASSES)]
        of_label = [
            layer_goodness(network, images(0), k, case, extremes) for k in every
        ]
        by_layer = [torch.stack(layer, dim=1) for layer in zip(*of_label)]
        result["candidate_goodness"] = [g.tolist() for g in by_layer]
    elif case["negatives"] is None:
        result["logits"] = logits(network, images(0), case, extremes).tolist()
    checks = {name: min(values) for name, values in extremes.items()}
    assert checks["min_abs_preactivation"] > 1e-6, (case["name"], checks)
    assert checks["min_row_norm"] > 0, (case["name"], checks)
    return {**result, "checks": checks}


def make_case(
    method, goodness, normalization, strength=1.0, weight_decay=0.0, hybrid=False
):
    parts = [method, goodness, normalization]
    parts += ["strength"] if strength != 1.0 else []
    parts += ["weight_decay"] if weight_decay else []
    parts += ["hybrid"] if hybrid else []
    negatives = "hybrid_images" if hybrid else "wrong_label"
    return {
        "name": "-".join(part for part in parts if part),
        "method": method,
        "negatives": negatives if goodness else None,
        "normalization": normalization,
        "goodness": goodness,
        "theta": THETA.get(goodness),
        "label_strength": strength if goodness else None,
        "weight_decay": weight_decay,
    }


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    cases = [make_case("ff", g, n) for g in THETA for n in NORMALIZATIONS]
    cases.append(make_case("ff", "norm", "layer_norm", strength=2.5))
    cases.append(make_case("ff", "norm", "layer_norm", weight_decay=0.01))
    cases += [make_case("bp_cross_entropy", None, n) for n in NORMALIZATIONS]
    for method in ("bp_goodness_last", "bp_goodness_all"):
        cases.append(make_case(method, "norm", "layer_norm"))
        cases.append(make_case(method, "sum_squares", "unit_rms"))
    cases += [make_case("ff", g, "layer_norm", hybrid=True) for g in THETA]
    cases.append(make_case("ff", "norm", "none", hybrid=True))
    document = {
        "provenance": {
            "torch": torch.__version__,
            "date": datetime.date.today().isoformat(),
            "command": "python tests/reference/train_steps.py",
        },
        "inputs": {
            "image_sums": [images(s).sum(dim=1).tolist() for s in range(STEPS)],
            "labels": [labels(s)[0].tolist() for s in range(STEPS)],
            "wrong_labels": [labels(s)[1].tolist() for s in range(STEPS)],
        },
        "cases": [run(case) for case in cases],
    }
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    text = text.replace('{"name":', '\n{"name":')  # one case per line
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")


if __name__ == "__main__":
    main()
