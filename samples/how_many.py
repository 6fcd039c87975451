"""How many images does a generator need, and how long does it train? FID of the digits against 2,000
digits that no run has seen, by training images and steps, medians over seeds: `samples/make how-many`.

    python3 samples/how_many.py DCGAN FOLDER TABLE.csv
"""

import csv
import gzip
import json
import pathlib
import statistics
import struct
import subprocess
import sys

DIGITS = pathlib.Path(__file__).parent.parent / "data/digits/images-idx3-ubyte.gz"
COUNTS = 100, 300, 1000, 3000
STEPS = 250, 500, 1000, 2000
SEEDS = 1, 2, 3


def write_subset(folder, first, count):
    """`count` digits from `first` on, as MNIST's own file."""
    data = gzip.decompress(DIGITS.read_bytes())
    magic, _, rows, columns = struct.unpack(">4I", data[:16])
    start = 16 + first * rows * columns
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "images-idx3-ubyte").write_bytes(
        struct.pack(">4I", magic, count, rows, columns) + data[start:start + count * rows * columns])


def main(dcgan, folder, table):
    folder = pathlib.Path(folder)
    write_subset(folder / "unseen", 3000, 2000)
    # The digits themselves: as far from the unseen ones as other real digits are.
    values = {}
    for count in COUNTS:
        data = folder / f"images-{count}"
        write_subset(data, 0, count)
        values["real", count] = [fid(dcgan, data, folder)]
        for seed in SEEDS:
            run = folder / f"run-{count}-{seed}"
            subprocess.run([dcgan, "train", "--config", "digits", "--data", data, "--steps", str(max(STEPS)), "--eval-every", "0",
                            "--checkpoint-every", "250", "--keep-last", "0", "--seed", str(seed), "--out", run,
                            "--resume", "auto"], check=True, stdout=subprocess.DEVNULL)
            for step in STEPS:
                values.setdefault((step, count), []).append(
                    fid(dcgan, run / f"checkpoints/{step:06}.safetensors", folder))
    with open(table, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["steps", *(f"{count} images" for count in COUNTS)])
        for row in (*STEPS, "real"):
            writer.writerow([row, *(f"{statistics.median(values[row, count]):.1f}" for count in COUNTS)])


def fid(dcgan, images, folder):
    found = subprocess.run([dcgan, "evaluate", images, "--data", folder / "unseen", "--image-size", "32", "--channels", "1",
                            "--features", "digits", "--fid-only", "--json", "--quiet"],
                           check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(found.stdout)["fid"]


main(*sys.argv[1:])
