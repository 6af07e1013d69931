"""Writes small stand-ins for SVHN and CIFAR-10 as SciPy, NumPy and pickle write them.

usage: colour_fixtures.py FOLDER

    FOLDER/scipy-plain, scipy-compressed, scipy-double     train_32x32.mat, test_32x32.mat
    FOLDER/protocol-2 .. protocol-5, python-2, columns     data_batch_1 .. data_batch_5, test_batch

Pixels follow the formula in colour_images.hpp. Exit status 77: a module is missing.
"""
import pathlib
import pickle
import struct
import sys

try:
    import numpy
    import scipy.io
except ImportError as missing:
    print(missing)
    sys.exit(77)

BATCHES = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]
IMAGES = 3  # per file


def pixels(first, count):
    image, channel, row, column = numpy.ogrid[first:first + count, :3, :32, :32]
    return (image * 7 + channel * 50 + row * 3 + column * 11).astype(numpy.uint8)


def write_svhn(folder, label_type, compress):
    folder.mkdir()
    for number, name in enumerate(["train_32x32.mat", "test_32x32.mat"]):
        labels = numpy.array([[1], [10], [number + 2]], dtype=label_type)
        images = pixels(number * IMAGES, IMAGES).transpose(2, 3, 1, 0)  # row, column, channel, image
        scipy.io.savemat(folder / name, {"X": images, "y": labels}, do_compression=compress)


class Python2Pickler(pickle._Pickler):
    """Writes all strings as Python 2 did: as bytes, in BINSTRING."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_string(self, value):
        data = value if isinstance(value, bytes) else value.encode("latin1")
        if len(data) < 256:
            self.write(pickle.SHORT_BINSTRING + bytes([len(data)]) + data)
        else:
            self.write(pickle.BINSTRING + struct.pack("<I", len(data)) + data)
        self.memoize(value)

    dispatch[bytes] = save_string
    dispatch[str] = save_string


def write_cifar(folder, make_pickler, order="C"):
    folder.mkdir()
    for number, name in enumerate(BATCHES):
        data = pixels(number * IMAGES, IMAGES).reshape(IMAGES, 3072)
        batch = {
            "batch_label": f"batch {number}",
            "labels": [number, 9, 0],
            "data": numpy.array(data, order=order),
            "filenames": [f"{image}.png" for image in range(IMAGES)],
        }
        with open(folder / name, "wb") as file:
            make_pickler(file).dump(batch)


def main():
    folder = pathlib.Path(sys.argv[1])
    write_svhn(folder / "scipy-plain", numpy.uint8, False)
    write_svhn(folder / "scipy-compressed", numpy.uint8, True)
    write_svhn(folder / "scipy-double", numpy.float64, True)
    for protocol in range(2, 6):
        write_cifar(folder / f"protocol-{protocol}", lambda file, p=protocol: pickle.Pickler(file, p))
    write_cifar(folder / "python-2", lambda file: Python2Pickler(file, 2))
    write_cifar(folder / "columns", lambda file: pickle.Pickler(file, 5), order="F")


main()
