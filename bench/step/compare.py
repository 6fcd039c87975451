#!/usr/bin/env python3
"""This program's training step against its peers at the same work, in one run.

Every contestant is a process of its own that waits while another works. Each round lets every one
of them train a number of steps, one after the other, so that all see the same state of a shared
machine; medians over the rounds are compared. The peers: the PyTorch DCGAN example (twin.py),
eager and compiled, and the same loop in C++ with torch::nn and torch::optim.
"""
import argparse
import json
import pathlib
import platform
import statistics
import subprocess
import sys

from chart import bar_chart

HERE = pathlib.Path(__file__).resolve().parent
CONTESTANTS = ["dcgan", "plain", "eager", "compile"]
# image size, channels, ngf = ndf, threads
FIGURES = {"a": (64, 3, 64, 2), "b": (32, 1, 32, 2), "c": (32, 1, 16, 1)}
BATCH = 64
LATENT = 100


def forward_flops(image_size, channels, nf):
    """Multiply-adds, two operations each, of one image through the generator and the discriminator,
    as plain convolutions; and of the part of each that takes no gradient towards its input."""
    def conv(cin, cout, pixels):
        return 2 * 16 * cin * cout * pixels
    maps = nf * image_size // 8
    first_g = conv(LATENT, maps, 1)
    total_g, size = first_g, 4
    while size < image_size // 2:
        total_g += conv(maps, maps // 2, size * size)
        maps, size = maps // 2, size * 2
    total_g += conv(maps, channels, size * size)
    maps, size = nf, image_size // 2
    first_d = conv(channels, maps, size * size)
    total_d = first_d
    while size > 4:
        size //= 2
        total_d += conv(maps, 2 * maps, size * size)
        maps *= 2
    total_d += conv(maps, 1, 1)
    return total_g, first_g, total_d, first_d


def step_flops(image_size, channels, nf, batch=BATCH):
    """Operations that a step needs: G and D forward, D on real and fake with weight gradients, then
    back through D to the images without, and through G."""
    g, first_g, d, first_d = forward_flops(image_size, channels, nf)
    discriminator = 2 * (d + d + d - first_d)  # no gradient towards the images
    generator = g + d + d + g + g - first_g
    return batch * (discriminator + generator)


class Contestant:
    device = "cpu"

    def __init__(self, name, figure, norm, worker, python, batch=BATCH):
        size, channels, nf, threads = FIGURES[figure]
        self.name = name
        command = [str(worker)] if name in ("dcgan", "plain") else [python, str(HERE / "worker.py")]
        command += ["--contestant", name, "--norm", norm, "--threads", str(threads), "--image-size", str(size),
                    "--channels", str(channels), "--nf", str(nf), "--batch-size", str(batch), "--nz", str(LATENT),
                    "--device", self.device]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.DEVNULL if name == "compile" else None)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended unexpectedly (exit code {self.process.wait()})")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def measure(figure, norm, names, rounds, worker, python, log):
    """{contestant: {ms, cpu_ms, generate_per_second, memory}} for one figure."""
    running, results = [], {}
    for name in names:
        contestant = Contestant(name, figure, norm, worker, python)
        try:
            contestant.ask("steps 3")
            running.append(contestant)
        except RuntimeError as error:
            log(f"  {name}: not measured: {error}")
    per_step = min(c.ask("steps 1")["seconds"] for c in running)
    steps = max(1, int(0.5 / per_step))
    times = {c.name: [] for c in running}
    cpu = {c.name: [] for c in running}
    for turn in range(rounds):
        for contestant in running[turn % len(running):] + running[:turn % len(running)]:
            answer = contestant.ask(f"steps {steps}")
            times[contestant.name].append(answer["seconds"] / steps)
            cpu[contestant.name].append(answer["cpu_seconds"] / steps)
    memory = {c.name: c.ask("memory") for c in running}
    for contestant in running:
        results[contestant.name] = {
            "ms": 1e3 * statistics.median(times[contestant.name]),
            "cpu_ms": 1e3 * statistics.median(cpu[contestant.name]),
            "spread": [1e3 * min(times[contestant.name]), 1e3 * max(times[contestant.name])],
            "memory_mb": (memory[contestant.name]["peak"] - memory[contestant.name]["loaded"]) / 1e6,
        }
    for contestant in running:
        contestant.close()
    return results


def generation(rounds, names, count, worker, python):
    """Images a second of figure (c)'s generator, 10,000 images in pieces of 1,000."""
    running = [Contestant(name, "c", "batch", worker, python) for name in names]
    rates = {name: [] for name in names}
    for contestant in running:
        contestant.ask("generate 256")
    piece = max(64, count // 10)
    for turn in range(rounds):
        seconds = {name: 0.0 for name in names}
        for _ in range(10):
            for contestant in running:
                seconds[contestant.name] += contestant.ask(f"generate {piece}")["seconds"]
        for name in names:
            rates[name].append(10 * piece / seconds[name])
    for contestant in running:
        contestant.close()
    return {name: statistics.median(values) for name, values in rates.items()}


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def vector_extensions():
    flags = next((line for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("flags")), "").split()
    return [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if name in flags]


LABELS = {"dcgan": "this program", "plain": "LibTorch, plain loop", "eager": "PyTorch, eager",
          "compile": "torch.compile"}


def chart_of(result):
    groups = []
    for figure, entry in result["figures"].items():
        size, channels, nf, threads = FIGURES[figure]
        heading = (f"({figure}) {size}x{size}x{channels}, ngf = ndf = {nf}, batch {BATCH}, {threads} "
                   f"thread{'s' if threads > 1 else ''}")
        bars = [(LABELS[name], value["ms"]) for name, value in entry["norms"].get("batch", {}).items()]
        if bars:
            groups.append((heading, bars))
    return bar_chart(f"Milliseconds a training step, with batch norm ({result['processor']})", groups, "ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", type=pathlib.Path, default=HERE.parent.parent / "build/release/bench_step")
    parser.add_argument("--python", default=sys.executable, help="a Python with torch")
    parser.add_argument("--figures", default="c,b,a")
    parser.add_argument("--contestants", default=",".join(CONTESTANTS))
    parser.add_argument("--norms", default="batch,none")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--images", type=int, default=10_000, help="generated a round (0: none)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--svg", type=pathlib.Path, help="a chart of the steps with batch norm")
    options = parser.parse_args()
    Contestant.device = options.device
    names = options.contestants.split(",")

    def log(text):
        print(text, flush=True)

    load = pathlib.Path("/proc/loadavg").read_text().split()[0]
    result = {"processor": processor(), "vectors": vector_extensions(), "device": options.device,
              "load": float(load), "batch_size": BATCH,
              "rounds": options.rounds, "figures": {}}
    log(f"{result['processor']} ({', '.join(result['vectors'])}), load average {load}")
    for figure in options.figures.split(","):
        size, channels, nf, threads = FIGURES[figure]
        gauge = Contestant("dcgan", figure, "batch", options.worker, options.python)
        peak = gauge.ask("peak")
        gauge.close()
        flops = step_flops(size, channels, nf)
        entry = {"image_size": size, "channels": channels, "nf": nf, "threads": threads, "flops": flops,
                 "peak_flops": peak["fma"], "matmul_flops": peak["matmul"], "norms": {}}
        log(f"\n({figure}) {size}x{size}x{channels}, ngf = ndf = {nf}, batch {BATCH}, {threads} thread"
            f"{'s' if threads > 1 else ''}: {flops / 1e9:.2f} GFLOP a step; FMA peak {peak['fma'] / 1e9:.0f} GFLOP/s, "
            f"best matrix product {peak['matmul'] / 1e9:.0f}")
        log(f"{'':26}{'ms a step':>10}{'CPU ms':>9}{'times':>8}{'GFLOP/s':>9}{'memory':>10}")
        for norm in options.norms.split(","):
            times = measure(figure, norm, names, options.rounds, options.worker, options.python, log)
            entry["norms"][norm] = times
            for name, value in times.items():
                log(f"{norm:<8}{name:<18}{value['ms']:10.2f}{value['cpu_ms']:9.2f}"
                    f"{value['ms'] / times['dcgan']['ms']:8.2f}{flops / value['ms'] / 1e6:9.1f}{value['memory_mb']:7.0f} MB")
        if set(entry["norms"]) >= {"batch", "none"}:
            price = {name: entry["norms"]["batch"][name]["ms"] / entry["norms"]["none"][name]["ms"]
                     for name in entry["norms"]["batch"] if name in entry["norms"]["none"]}
            entry["price_of_norm"] = price
            log("price of batch norm: " + ", ".join(f"{name} {value:.2f}" for name, value in price.items()))
        result["figures"][figure] = entry
    if options.images:
        rates = generation(3, [n for n in names if n != "compile"], options.images, options.worker, options.python)
        result["generation"] = rates
        log(f"\nGeneration of {options.images:,} images, figure (c): "
            + ", ".join(f"{name} {rate:,.0f} images/s" for name, rate in rates.items()))
    if options.svg:
        options.svg.parent.mkdir(parents=True, exist_ok=True)
        options.svg.write_text(chart_of(result))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
