"""Threads and descriptors stay bounded, and their numbers decide nothing (report T06)."""
import os
import pathlib
import resource
import subprocess
import unittest

import numpy
from PIL import Image
from safetensors.numpy import load_file

from program import BINARY, SMALL, ProgramTest


class Resources(ProgramTest):
    def test_threads_and_descriptors_stay_bounded_and_workers_decide_nothing(self):
        random = numpy.random.default_rng(1)
        (self.folder / "d").mkdir()
        for i in range(500):
            Image.fromarray(random.integers(0, 256, (20, 20, 3), dtype=numpy.uint8)).save(self.folder / f"d/{i:03}.png")
        checkpoints = []
        for workers in (1, 4):
            out = f"run{workers}"
            # 16 images a step: three epochs. Streamed, so that the workers decode to the end.
            command = [BINARY, "train", "--data", "d", *SMALL, "--memory", "0", "--workers", str(workers), "--seed", "7",
                       "--epochs", "3", "--out", out, "--quiet"]
            process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
            threads, descriptors = 0, 0
            proc = pathlib.Path(f"/proc/{process.pid}")
            while process.poll() is None:
                try:
                    threads = max(threads, len(os.listdir(proc / "task")))
                    descriptors = max(descriptors, len(os.listdir(proc / "fd")))
                except OSError:
                    break  # it ended meanwhile
            self.assertEqual((process.wait(), process.stderr.read()), (0, ""))
            process.stderr.close()
            # The main one, LibTorch's (one here), the reader, its helpers, the background writer.
            self.assertLessEqual(threads, workers + 6)
            self.assertLess(descriptors, 40)
            checkpoints.append(load_file(max((self.folder / out / "checkpoints").glob("*.safetensors"))))
        for name, value in checkpoints[0].items():
            self.assertEqual(value.tobytes(), checkpoints[1][name].tobytes(), name)


if __name__ == "__main__":
    unittest.main()
