"""The schema for editors and the loader have to agree on what is a pipeline."""

import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("skipped: Python's jsonschema is not installed (Debian: python3-jsonschema)")
    sys.exit(77)

LEAST = {"name": "first", "dataset": "shapes", "pretext": "turn", "trainer": "local"}

VALID = [
    {},
    {"seed": 2**63 - 1},
    {"name": "2024"},
    {"backend": None, "network": None, "transfer": None},
    {"backend": {"threads": 2}},
    {"backend": {"plugin": "blas", "packed": False}},
    {"dataset": {"plugin": "shapes", "root": None, "size": 1, "figures": ["a", 1, True], "title": 5}},
    {"dataset": {"plugin": "letters", "font": "fonts/a.ttf"}},
    {"trainer": {"plugin": "local", "epochs": 0, "learning_rate": 1, "peer": True, "thresholds": [1, -2.5]}},
    {"trainer": {"plugin": "global", "learning_rate": 0.5}},
    {"network": {"hidden": [500, 500], "normalization": "none", "epsilon": 0.1}},
    {"transfer": {"dataset": {"plugin": "shapes", "train_size": 10}, "label_pixels": "zero"}},
    {"transfer": {"dataset": None}},
    {"pretext": {"plugin": "turn", "angles": [359]}},
]

INVALID = [
    {"name": ".hidden"},
    {"name": None},
    {"name": "a/b"},
    {"seed": -1},
    {"seed": "1"},
    {"seed": 1.5},
    {"sed": 1},
    {"dataset": "letters"},
    {"dataset": "leters"},
    {"dataset": None},
    {"dataset": {"size": 3}},
    {"dataset": {"plugin": "letters", "font": None}},
    {"dataset": {"plugin": "shapes", "size": 0}},
    {"dataset": {"plugin": "shapes", "roots": ["/"]}},
    {"trainer": {"plugin": "local", "learning_rate": 0}},
    {"trainer": {"plugin": "local", "learning_rate": 1.5}},
    {"trainer": {"plugin": "global", "goodness": "norm"}},
    {"trainer": {"plugin": "local", "goodness": "nrom"}},
    {"trainer": {"plugin": "local", "peer": "yes"}},
    {"trainer": {"plugin": "local", "batch_size": 0}},
    {"trainer": "bad_default"},
    {"backend": {"device": 1}},
    {"backend": {"plugin": None}},
    {"network": {"hidden": 500}},
    {"network": {"hidden": [500, 0]}},
    {"network": "none"},
    {"transfer": {"dataset": "letters"}},
    {"transfer": {"weight_decay": -1}},
    {"pretext": {"plugin": "turn", "angles": [360]}},
    {"pretext": ["turn"]},
]


def without(key):
    return {name: value for name, value in LEAST.items() if name != key}


def main(judge):
    schema = json.loads(subprocess.run([judge], check=True, capture_output=True, text=True).stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)

    documents = [(LEAST | change, "valid") for change in VALID]
    documents += [(LEAST | change, "invalid") for change in INVALID]
    documents += [(without(key), "invalid") for key in LEAST]
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, (document, _) in enumerate(documents):
            files.append(pathlib.Path(folder) / f"{number}.yaml")
            files[-1].write_text(json.dumps(document))  # JSON is YAML, and no third reader has a say
        verdicts = subprocess.run([judge, *files], check=True, capture_output=True, text=True).stdout.split()

    failures = 0
    for (document, expected), by_loader in zip(documents, verdicts, strict=True):
        by_schema = "valid" if validator.is_valid(document) else "invalid"
        if not expected == by_loader == by_schema:
            failures += 1
            print(f"{json.dumps(document)}: {expected}, but {by_loader} to the loader and {by_schema} to the schema")
    print(f"{len(documents)} pipelines, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
