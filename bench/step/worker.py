"""A contestant of bench/step/compare.py: the PyTorch twin, eager or compiled.

Reads commands from standard input, one a line, and answers each with a line of JSON:
    steps N      train N steps
    generate N   generate N images, 64 at a time, in evaluation mode
    memory       resident memory: after loading the libraries, and at most since
"""
import argparse
import json
import resource
import sys
import time

import torch

from twin import Twin


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--contestant", choices=["eager", "compile"], required=True)
    for name, default in [("image-size", 32), ("channels", 1), ("nz", 100), ("nf", 16),
                          ("batch-size", 64), ("threads", 1)]:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--norm", choices=["batch", "none"], default="batch")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    torch.nn.functional.conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 4, 4))  # loads what is lazy
    loaded = resident()

    shape = (2048, options.channels, options.image_size, options.image_size)
    images = torch.randint(0, 256, shape, dtype=torch.uint8, device=options.device)
    torch.set_default_device(options.device)
    torch.backends.cudnn.benchmark = True
    twin = Twin(options.image_size, options.channels, options.nz, options.nf, options.nf,
                norm=options.norm == "batch")
    if options.contestant == "compile":
        twin.compile("reduce-overhead" if options.device != "cpu" else None)
    batch = options.batch_size
    done = 0

    for line in sys.stdin:
        command, *arguments = line.split()
        start, cpu = time.perf_counter(), time.process_time()
        if command == "steps":
            for _ in range(int(arguments[0])):
                first = done * batch % (len(images) - batch + 1)
                real = images[first:first + batch].float().div_(127.5).sub_(1)
                twin.step(real, torch.randn(batch, options.nz, 1, 1))
                done += 1
        elif command == "generate":
            count = int(arguments[0])
            twin.generator.eval()
            with torch.no_grad():
                for first in range(0, count, 64):
                    made = twin.g(torch.randn(min(64, count - first), options.nz, 1, 1))
                    made.add_(1).mul_(127.5).round_().clamp_(0, 255).to(torch.uint8)
            twin.generator.train()
        elif command == "memory":
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            print(json.dumps({"loaded": loaded, "peak": peak}), flush=True)
            continue
        if options.device != "cpu":
            torch.cuda.synchronize()
        print(json.dumps({"seconds": time.perf_counter() - start,
                          "cpu_seconds": time.process_time() - cpu}), flush=True)


main()
