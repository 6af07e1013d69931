"""Writes small PNG files of three shapes in noise: python3 make_data.py FOLDER"""

import pathlib
import random
import struct
import sys
import zlib

SIDE = 16


def inside(shape, row, column, centre):
    across, down = abs(column - centre[0]), abs(row - centre[1])
    return {"bar": down < 2, "disc": across**2 + down**2 < 18, "cross": min(across, down) < 1}[shape]


def png(rows):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)  # 8 bits, grey
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))  # filter 0: the pixels as they are
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def main(folder):
    random.seed(1)
    for split, count in (("train", 100), ("test", 40)):
        for shape in ("bar", "cross", "disc"):
            target = pathlib.Path(folder) / split / shape
            target.mkdir(parents=True, exist_ok=True)
            for number in range(count):
                centre = random.randrange(5, 11), random.randrange(5, 11)
                rows = [
                    [random.randrange(80) + 150 * inside(shape, row, column, centre) for column in range(SIDE)]
                    for row in range(SIDE)
                ]
                (target / f"{number}.png").write_bytes(png(rows))


main(sys.argv[1])
