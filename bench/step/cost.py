#!/usr/bin/env python3
"""What a training step costs against batch size, image size and width: is it linear in the work?

Times this program's step over a row of each, fits ms = constant + slope * GFLOP to all of them and
draws it (SVG).
"""
import argparse
import json
import pathlib
import statistics

from chart import line_chart
from compare import FIGURES, HERE, Contestant, step_flops  # noqa: F401

# name: list of (image size, channels, nf, batch)
ROWS = {
    "batch size": [(32, 1, 16, batch) for batch in (16, 32, 64, 128, 256)],
    "image size": [(size, 1, 16, 64) for size in (16, 32, 64, 128)],
    "width": [(32, 1, nf, 64) for nf in (8, 16, 32, 64)],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", type=pathlib.Path, default=HERE.parent.parent / "build/release/bench_step")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--svg", type=pathlib.Path)
    options = parser.parse_args()

    points = sorted({point for row in ROWS.values() for point in row})
    workers, times = {}, {point: [] for point in points}
    for point in points:
        size, channels, nf, batch = point
        FIGURES["point"] = (size, channels, nf, options.threads)
        workers[point] = Contestant("dcgan", "point", "batch", options.worker, None, batch=batch)
        workers[point].ask("steps 2")
    for _ in range(options.rounds):
        for point, worker in workers.items():
            once = worker.ask("steps 1")["seconds"]
            steps = max(1, int(0.15 / once))
            times[point].append(1e3 * worker.ask(f"steps {steps}")["seconds"] / steps)
    for worker in workers.values():
        worker.close()
    ms = {point: statistics.median(values) for point, values in times.items()}
    work = {point: step_flops(*point[:3], batch=point[3]) / 1e9 for point in points}

    # Least squares of relative errors, so that small steps count as much as large ones.
    weights = {p: 1 / ms[p] ** 2 for p in points}
    total = sum(weights.values())
    mean_x = sum(weights[p] * work[p] for p in points) / total
    mean_y = sum(weights[p] * ms[p] for p in points) / total
    slope = (sum(weights[p] * (work[p] - mean_x) * (ms[p] - mean_y) for p in points)
             / sum(weights[p] * (work[p] - mean_x) ** 2 for p in points))
    constant = mean_y - slope * mean_x
    print(f"{options.threads} thread{'s' if options.threads > 1 else ''}: "
          f"ms = {constant:.2f} + {slope:.2f} * GFLOP ({1e3 / slope:.0f} GFLOP/s)")
    series = {}
    for name, row in ROWS.items():
        for point in row:
            size, _, nf, batch = point
            fit = constant + slope * work[point]
            print(f"{name:<11} {size:>4} px  nf {nf:<3} batch {batch:<4} {work[point]:8.2f} GFLOP {ms[point]:9.2f} ms"
                  f"   {ms[point] / fit:5.2f} of the line")
        series[name] = [(work[p], ms[p]) for p in row]
    if options.svg:
        options.svg.parent.mkdir(parents=True, exist_ok=True)
        options.svg.write_text(line_chart("A training step's time against its work", "GFLOP a step", "ms", series,
                                          (constant, slope)))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps({"threads": options.threads, "constant_ms": constant,
                                            "ms_per_gflop": slope, "points": [
                                                {"image_size": p[0], "channels": p[1], "nf": p[2], "batch": p[3],
                                                 "gflop": work[p], "ms": ms[p]} for p in points]}, indent=1) + "\n")


main()
