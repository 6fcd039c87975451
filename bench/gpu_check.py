#!/usr/bin/env python3
"""What ./run gpu-check runs once the core is built: tests on the device, then times. One JSON out."""
import argparse
import gzip
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run_tests(program, device, folder, extra=()):
    """GoogleTest's own JSON of one test program, shortened."""
    report = folder / f"{program.name}.json"
    environment = dict(os.environ, DCGAN_TEST_DEVICE=device, DCGAN_TEST_DIGITS=str(folder / "digits.bin"))
    start = time.monotonic()
    result = subprocess.run([str(program), f"--gtest_output=json:{report}", "--gtest_brief=1", *extra],
                            env=environment, capture_output=True, text=True)
    summary = {"exit_code": result.returncode, "seconds": round(time.monotonic() - start, 1)}
    if report.exists():
        document = json.loads(report.read_text())
        summary["tests"] = document["tests"]
        summary["failures"] = [
            f"{suite['name']}.{test['name']}: {test['failures'][0]['failure'][:300]}"
            for suite in document["testsuites"] for test in suite["testsuite"] if "failures" in test]
    else:
        summary["failures"] = [(result.stdout + result.stderr)[-500:]]
    return summary


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda", help="cuda or cpu")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/core")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "gpu-check.json")
    options = parser.parse_args()
    import torch  # the machine's own PyTorch: its LibTorch is what the core was built against

    # Plain bytes, because the core alone reads no compressed files.
    (options.build / "digits.bin").write_bytes(
        gzip.decompress((ROOT / "data/digits/images-idx3-ubyte.gz").read_bytes())[16:])
    report = {"torch": torch.__version__, "device": options.device, "machine": platform.processor() or platform.machine(),
              "gpu": torch.cuda.get_device_name(0) if options.device != "cpu" else None, "tests": {}}
    for name in ("device_test", "models_test", "kernels_test", "step_test", "step_cost_test"):
        report["tests"][name] = run_tests(options.build / "tests" / name, options.device, options.build)
        print(f"{name}: {report['tests'][name].get('tests')} tests, {len(report['tests'][name]['failures'])} failed",
              flush=True)
    bench = options.build / "bench.json"
    figures = "c,b,a" if options.device != "cpu" else "c"
    subprocess.run([sys.executable, str(ROOT / "bench/step/compare.py"), "--worker", str(options.build / "bench_step"),
                    "--device", options.device, "--contestants", "dcgan,plain,eager,compile" if options.device != "cpu" else "dcgan,eager",
                    "--figures", figures, "--rounds", "5", "--images", "10000" if options.device != "cpu" else "1000",
                    "--norms", "batch", "--json", str(bench)], check=True)
    report["bench"] = json.loads(bench.read_text())
    report["passed"] = all(t["exit_code"] == 0 for t in report["tests"].values())
    options.json.write_text(json.dumps(report, indent=1) + "\n")
    print(f"{'passed' if report['passed'] else 'FAILED'}: {options.json}")
    sys.exit(0 if report["passed"] else 1)


main()
