#!/usr/bin/env python3
"""Start-up: --help against loading libtorch_cpu alone, the first training step against Python's."""
import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent

# What Python needs for the same: import torch, make the networks, train one step.
FIRST_STEP = """
import sys; sys.path.insert(0, {here!r})
import torch
from twin import Twin
torch.set_num_threads(1)
twin = Twin(32, 1, 100, 32, 32)
twin.step(torch.rand(64, 1, 32, 32) * 2 - 1, torch.randn(64, 100, 1, 1))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent.parent / "build/release")
    parser.add_argument("--python", default=sys.executable, help="a Python with torch")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp())
    dcgan = str(options.build / "dcgan")
    commands = {
        "load": [str(options.build / "bench_load")],
        "help": [dcgan, "--help"],
        "dcgan": [dcgan, "train", "--data", "digits", "--steps", "1", "--threads", "1", "--quiet", "--out"],
        "python": [options.python, "-c", FIRST_STEP.format(here=str(HERE))],
    }
    seconds = {name: [] for name in commands}
    for turn in range(options.rounds + 1):
        for name, command in commands.items():
            extra = [str(work / f"run{turn}")] if name == "dcgan" else []
            start = time.perf_counter()
            subprocess.run(command + extra, check=True, stdout=subprocess.DEVNULL)
            if turn > 0:  # the first round fills the disk's cache
                seconds[name].append(time.perf_counter() - start)
    shutil.rmtree(work)
    result = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"loading libtorch_cpu alone {result['load']:.3f} s; dcgan --help {result['help']:.3f} s "
          f"(+{result['help'] - result['load']:.3f})")
    print(f"first training step on the digits, start of the program included: dcgan {result['dcgan']:.2f} s, "
          f"Python {result['python']:.2f} s ({result['python'] / result['dcgan']:.1f} times)")
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(result, indent=1) + "\n")


main()
