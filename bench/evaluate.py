#!/usr/bin/env python3
"""FID of a folder of pictures: this program against torch-fidelity, same pictures, same features.

Also this program's peak memory while it measures a generator on few and on many samples.
"""
import argparse
import gzip
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

# torch-fidelity with the TorchScript module as its feature extractor, on two folders.
FIDELITY = """
import sys, json, torch, torch_fidelity
from torch_fidelity.feature_extractor_base import FeatureExtractorBase
from torch_fidelity.registry import register_feature_extractor
torch.set_num_threads(2)
module = torch.jit.load(sys.argv[3])
class Scripted(FeatureExtractorBase):
    def __init__(self, name, features_list, **kwargs):
        super().__init__(name, features_list)
    @staticmethod
    def get_provided_features_list(): return ("features",)
    @staticmethod
    def get_default_feature_layer_for_metric(metric): return "features"
    @staticmethod
    def can_be_compiled(): return False
    @staticmethod
    def get_dummy_input_for_compile(): return torch.zeros(1, 3, 64, 64, dtype=torch.uint8)
    def forward(self, x): return (module(x),)
register_feature_extractor("scripted", Scripted)
found = torch_fidelity.calculate_metrics(input1=sys.argv[1], input2=sys.argv[2], fid=True, cuda=False, verbose=False,
    feature_extractor="scripted", samples_find_deep=False, save_cpu_ram=False, batch_size=256, cache=False)
print(json.dumps(found))
"""


def make_module(path):
    import torch

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.net = torch.nn.Sequential(torch.nn.Conv2d(3, 16, 4, 2, 1), torch.nn.ReLU(), torch.nn.Conv2d(16, 32, 4, 2, 1),
                                           torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(),
                                           torch.nn.Linear(32, 64))

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return 100 * self.net(images.float() / 127.5 - 1)
    torch.jit.script(Net()).save(str(path))


def make_pictures(folder, count, seed):
    """Embedded digits, shifted and with noise, as 32x32 RGB PNGs."""
    import numpy
    from PIL import Image
    digits = numpy.frombuffer(gzip.decompress((ROOT / "data/digits/images-idx3-ubyte.gz").read_bytes())[16:], numpy.uint8)
    digits = numpy.pad(digits.reshape(-1, 28, 28), ((0, 0), (4, 4), (4, 4)))
    random = numpy.random.default_rng(seed)
    folder.mkdir()
    for i in range(count):
        y, x = random.integers(0, 5, 2)
        picture = digits[random.integers(len(digits))][y:y + 32, x:x + 32].astype(int) + random.integers(-20, 21, (32, 32))
        grey = picture.clip(0, 255).astype(numpy.uint8)
        Image.fromarray(numpy.repeat(grey[:, :, None], 3, axis=2)).save(folder / f"{i:06}.png", compress_level=1)


def timed(command):
    start = time.perf_counter()
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.perf_counter() - start, json.loads(result.stdout.splitlines()[-1])


def peak_of(command):
    """Peak resident bytes of a command."""
    program = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
               "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)")
    return int(subprocess.run([sys.executable, "-c", program, *command], check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dcgan", default=str(ROOT / "build/release/dcgan"))
    parser.add_argument("--python", default=sys.executable, help="a Python with torch-fidelity")
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_module(folder / "net.pt")
        make_pictures(folder / "generated", options.images, 1)
        make_pictures(folder / "real", 5000, 2)
        ours = [options.dcgan, "evaluate", str(folder / "generated"), "--data", str(folder / "real"), "--features",
                str(folder / "net.pt"), "--image-size", "32", "--json", "--quiet", "--no-cache", "--pixel-images", "0", "--fid-only"]
        theirs = [options.python, "-c", FIDELITY, str(folder / "generated"), str(folder / "real"), str(folder / "net.pt")]
        seconds = {"dcgan": [], "torch-fidelity": []}
        for _ in range(options.rounds):
            t, mine = timed(ours)
            seconds["dcgan"].append(t)
            t, other = timed(theirs)
            seconds["torch-fidelity"].append(t)
        result = {k: statistics.median(v) for k, v in seconds.items()}
        fid = other["frechet_inception_distance"]
        print(f"FID of {options.images:,} pictures against 5,000, start of the program and decoding included: "
              f"dcgan {result['dcgan']:.1f} s, torch-fidelity {result['torch-fidelity']:.1f} s "
              f"({result['torch-fidelity'] / result['dcgan']:.1f} times); FID {mine['fid']:.6g} and {fid:.6g}")

        subprocess.run([options.dcgan, "train", "--data", "digits", "--steps", "1", "--quiet", "--out", str(folder / "run")],
                       check=True, stdout=subprocess.DEVNULL)
        memory = {}
        for count in (5_000, 50_000):
            memory[count] = peak_of([options.dcgan, "evaluate", str(folder / "run"), "--samples", str(count), "--quiet", "--json",
                                     "--no-cache", "--fid-only"])
        print(f"peak memory of evaluating a checkpoint: {memory[5_000] / 1e6:.0f} MB on 5,000 samples, "
              f"{memory[50_000] / 1e6:.0f} MB on 50,000")
        result.update(fid=mine["fid"], fid_torch_fidelity=fid, memory={str(k): v for k, v in memory.items()})
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(result, indent=1) + "\n")


main()
