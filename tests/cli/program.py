"""How the command-line tests run the built program: really, on real data."""
import json
import os
import pathlib
import subprocess
import tempfile
import time
import unittest

BINARY = os.environ["DCGAN_BINARY"]
SOURCE = pathlib.Path(os.environ["DCGAN_SOURCE_DIR"])
BUILD = pathlib.Path(os.environ["DCGAN_BUILD_DIR"])

# A run of a few seconds on the embedded digits.
SMALL = ["--image-size", "16", "--ngf", "8", "--ndf", "8", "--nz", "16", "--batch-size", "16",
         "--threads", "1", "--device", "cpu"]


class ProgramTest(unittest.TestCase):
    """Gives each test a working folder of its own."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="dcgan-cli-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def run_program(self, *arguments, code=0, cwd=".", **kwargs):
        """Runs `dcgan arguments` in the folder `cwd` of the test's; fails unless it exits with `code` (None: any)."""
        result = subprocess.run([BINARY, *map(str, arguments)], cwd=self.folder / cwd, text=True,
                                capture_output=True, timeout=300, **kwargs)
        if code is not None:
            self.assertEqual(result.returncode, code,
                             f"dcgan {' '.join(map(str, arguments))}\n{result.stdout}{result.stderr}")
        return result

    def norms(self):
        """All that --norm takes, as the program says."""
        said = self.run_program("train", "--norm", "x", code=2).stderr
        return said.split("one of ")[1].strip().split(", ")

    def wait_for_steps(self, out, process):
        """Until the run in folder `out` has logged two steps (the log's first line is of none)."""
        wait_until(lambda: logged_lines(self.folder / out) > 2, process)

    def start_program(self, *arguments):
        return subprocess.Popen([BINARY, *map(str, arguments)], cwd=self.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def expect_error(self, code, part, *arguments, **kwargs):
        """The program must exit with `code` and one line on stderr that contains `part`."""
        result = self.run_program(*arguments, code=code, **kwargs)
        lines = [line for line in result.stderr.splitlines() if line]
        self.assertEqual(len(lines), 1, result.stderr)
        self.assertIn(part, lines[0])


def wait_until(condition, process=None, seconds=60):
    """Returns when `condition()` holds; fails if the `process` it waits for ends before, or when time is up."""
    end = time.monotonic() + seconds
    while True:
        ended = process is not None and process.poll() is not None
        if condition():
            return
        if ended or time.monotonic() > end:
            why = f"not within {seconds} s"
            if process is not None:
                why = f"the program ended with code {process.returncode}" if ended else why
                process.kill()
                why += f": {process.communicate()[1] or ''}"
            raise AssertionError(why)
        time.sleep(0.02)


def children_of(parent):
    """Process numbers of the living children."""
    found = []
    for status in pathlib.Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        except OSError:  # ended meanwhile
            continue
        if int(fields["PPid"]) == parent and not fields["State"].startswith("Z"):
            found.append(int(fields["Pid"]))
    return sorted(found)


def logged_lines(run):
    """Of a run that may be writing one: how many whole lines its log has."""
    log = run / "metrics.jsonl"
    return log.read_text().count("\n") if log.exists() else 0


def read_metrics(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
