"""Reads a safetensors file by the published format alone (https://github.com/huggingface/safetensors) and
prints each tensor as "name [shape] hex of its little-endian float32 bytes", in the order of the data."""

import json
import struct
import sys

with open(sys.argv[1], "rb") as file:
    (header_size,) = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(header_size))
    data = file.read()

metadata = header.pop("__metadata__", {})
assert all(isinstance(value, str) for value in metadata.values())
print(json.dumps(metadata, sort_keys=True))
end = 0
for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
    first, last = entry["data_offsets"]
    count = 1
    for size in entry["shape"]:
        count *= size
    assert entry["dtype"] == "F32" and first == end and last - first == 4 * count
    print(name, entry["shape"], data[first:last].hex())
    end = last
assert end == len(data)
