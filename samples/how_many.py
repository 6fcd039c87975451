"""How many images does a generator need, and how long does it train? FID of the digits against 2,000
digits that no run has seen, by training images and steps, medians over seeds: `samples/make how-many`.

    python3 samples/how_many.py DCGAN FOLDER TABLE.csv
"""

import concurrent.futures
import csv
import gzip
import json
import os
import pathlib
import random
import statistics
import struct
import subprocess
import sys

DIGITS = pathlib.Path(__file__).parent.parent / "data/digits/images-idx3-ubyte.gz"
COUNTS = 100, 500, 3000
STEPS = 250, 500, 1000, 2000
SEEDS = 1, 2, 3


def write_subset(folder, first, count):
    """`count` digits from `first` on, in an order that mixes the classes, as MNIST's own file."""
    data = gzip.decompress(DIGITS.read_bytes())
    magic, total, rows, columns = struct.unpack(">4I", data[:16])
    size = rows * columns
    order = random.Random(0).sample(range(total), total)[first:first + count]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "images-idx3-ubyte").write_bytes(
        struct.pack(">4I", magic, count, rows, columns) + b"".join(data[16 + i * size:16 + (i + 1) * size] for i in order))


def main(dcgan, folder, table):
    folder = pathlib.Path(folder)
    write_subset(folder / "unseen", 3000, 2000)
    for count in COUNTS:
        write_subset(folder / f"images-{count}", 0, count)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:  # a run takes one processor
        runs = {(count, seed): pool.submit(train, dcgan, folder, count, seed) for count in COUNTS for seed in SEEDS}
        fids = {key: run.result() for key, run in runs.items()}
    with open(table, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["steps", *(f"{count} images" for count in COUNTS)])
        for i, step in enumerate(STEPS):
            writer.writerow([step, *(f"{statistics.median(fids[count, seed][i] for seed in SEEDS):.1f}" for count in COUNTS)])
        # The digits themselves: as far from the unseen ones as other real digits are.
        writer.writerow(["real", *(f"{fid(dcgan, folder / f'images-{count}', folder):.1f}" for count in COUNTS)])


def train(dcgan, folder, count, seed):
    """The FIDs of a run at the STEPS."""
    run = folder / f"run-{count}-{seed}"
    subprocess.run([dcgan, "train", "--config", "digits", "--ngf", "16", "--ndf", "16", "--threads", "1",
                    "--data", folder / f"images-{count}", "--steps", str(max(STEPS)), "--eval-every", "0",
                    "--checkpoint-every", "250", "--keep-last", "0", "--seed", str(seed), "--out", run, "--quiet",
                    "--resume", "auto"], check=True, stdout=subprocess.DEVNULL)
    return [fid(dcgan, run / f"checkpoints/{step:06}.safetensors", folder) for step in STEPS]


def fid(dcgan, images, folder):
    found = subprocess.run([dcgan, "evaluate", images, "--data", folder / "unseen", "--image-size", "32", "--channels", "1",
                            "--features", "digits", "--fid-only", "--json", "--quiet"],
                           check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(found.stdout)["fid"]


main(*sys.argv[1:])
