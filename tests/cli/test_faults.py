"""Every system call that writes a checkpoint fails once; what was there before is unharmed."""
import os
import shutil
import unittest

import safetensors.numpy

from program import BUILD, SMALL, ProgramTest

LIBRARY = BUILD / "tests/libfaults.so"
RUN = [*SMALL, "--norm", "none", "--ngf", 2, "--ndf", 2, "--checkpoint-every", 2, "--quiet"]


class Faults(ProgramTest):
    def setUp(self):
        super().setUp()
        self.run_program("train", *RUN, "--steps", 4, "--out", "whole")
        self.run_program("train", *RUN, "--steps", 2, "--out", "begun")
        self.expected = safetensors.numpy.load_file(self.folder / "whole/checkpoints/000004.safetensors")

    def go_on(self, fault, code):
        """Resumes a copy of the run under a fault; returns what it said, or None where the fault never struck."""
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        shutil.copytree(self.folder / "begun", self.folder / "run")
        import subprocess
        from program import BINARY
        done = subprocess.run([BINARY, "train", "--resume", "run", "--steps", "4", "--quiet"], cwd=self.folder, text=True,
                              capture_output=True, env={**os.environ, "LD_PRELOAD": str(LIBRARY), "DCGAN_FAULT": fault})
        if "fault: " not in done.stderr:
            self.assertEqual(done.returncode, 0, done.stderr)
            return None
        self.assertEqual(done.returncode, code, f"{fault}: {done.stdout}{done.stderr}")
        return [line for line in done.stderr.splitlines() if not line.startswith("fault: ")]

    def ends_as_the_undisturbed_run(self, fault):
        found = safetensors.numpy.load_file(self.folder / "run/checkpoints/000004.safetensors")
        for name, values in self.expected.items():
            self.assertEqual(values.tobytes(), found[name].tobytes(), f"{fault} {name}")
        self.assertEqual([p.name for p in (self.folder / "run/checkpoints").iterdir() if ".tmp-" in p.name], [], fault)

    def each(self, call, error, code, least):
        number = 1
        while True:
            fault = f"{call}:{error}:{number}"
            said = self.go_on(fault, code)
            if said is None:
                break
            if code != 0:
                self.assertEqual(len(said), 1, said)
                self.assertIn("run/checkpoints", said[0])
                self.run_program("generate", "run", "--rows", 1, "--cols", 1)
                self.run_program("train", "--resume", "run", "--steps", 4, "--quiet")
            self.ends_as_the_undisturbed_run(fault)
            number += 1
        self.assertGreater(number, least)

    def test_a_full_disk_at_every_write(self):
        self.each("write", "ENOSPC", 2, 30)

    def test_a_faulty_disk_at_every_write(self):
        self.each("write", "EIO", 2, 30)

    def test_short_writes_are_continued(self):
        self.each("write", "SHORT", 0, 30)

    def test_interrupted_writes_are_repeated(self):
        self.each("write", "EINTR", 0, 30)

    def test_failed_synchronisation(self):
        self.each("fsync", "EIO", 2, 1)

    def test_failed_rename(self):
        self.each("rename", "EIO", 2, 1)


class Room(ProgramTest):
    def with_free_bytes(self, count, *arguments, code):
        return self.run_program(*arguments, code=code,
                                env={**os.environ, "LD_PRELOAD": str(LIBRARY), "DCGAN_FREE_BYTES": str(count)})

    def test_a_run_that_cannot_fit_does_not_begin(self):
        result = self.with_free_bytes(100000, "train", *RUN, "--steps", 10, "--out", "a", code=2)
        self.assertRegex(result.stderr, r"^dcgan: a: 6 checkpoints of [\d,]+ bytes need [\d,]+ bytes, 98,304 are free; ")
        self.assertFalse((self.folder / "a").exists())

    def test_room_that_went_is_said_and_the_last_checkpoint_goes_on(self):
        self.run_program("train", *RUN, "--steps", 4, "--out", "a")
        size = (self.folder / "a/checkpoints/000004.safetensors").stat().st_size
        result = self.with_free_bytes(size // 2, "train", "--resume", "a", "--steps", 8, code=2)
        self.assertIn("are free", result.stderr)
        self.run_program("train", "--resume", "a", "--steps", 8)


if __name__ == "__main__":
    unittest.main()
