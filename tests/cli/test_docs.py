"""Every `dcgan` command of the README and docs/ is run as it stands there, but for sizes that would take hours."""
import pathlib
import re
import shlex
import subprocess
import unittest

import numpy
from PIL import Image

from program import BINARY, SOURCE, ProgramTest

DOCUMENTS = [SOURCE / "README.md", *sorted((SOURCE / "docs").glob("*.md"))]


def commands(document):
    """The lines of code blocks that call the program, without their comments."""
    for block in re.findall(r"^```\w*\n(.*?)^```", document.read_text(), re.M | re.S):
        for line in block.splitlines():
            if line.startswith("dcgan "):
                yield re.sub(r"\s+#.*", "", line)


def shortened(command, first_run):
    """The same with few steps, samples and cells, and with names in the place of RUN and NEW."""
    command = re.sub(r"\bRUN\b", first_run, command)
    command = re.sub(r"\bNEW\b", "new", command)
    command = command.replace("/000500.safetensors", "/000003.safetensors")
    if not pathlib.Path("/dev/nvidiactl").exists():
        command = re.sub(r"--device cuda(:\d)?|--precision \w+", "", command)
    verb = command.split()[1]
    if verb == "train" and "--dry-run" not in command:
        resumed = "--resume" in command and "auto" not in command
        if "--steps" in command:
            command = re.sub(r"--steps \d+", f"--steps {6 if resumed else 3}", command)
        elif not resumed:
            command += " --steps 3"
        else:
            command += " --steps 6"
    if verb == "evaluate":
        command = re.sub(r"--samples \d+", "", command) + " --samples 100"
    if verb == "study" and " list" not in command and "--dry-run" not in command:
        command += " --dry-run"
    return command


class Documents(ProgramTest):
    def prepare(self):
        random = numpy.random.default_rng(0)
        (self.folder / "my_pictures").mkdir()
        for i in range(70):
            Image.fromarray(random.integers(0, 256, (70, 80, 3), dtype=numpy.uint8)).save(self.folder / f"my_pictures/{i}.jpg")
        for name in ("photos", "pictures", "other_pictures", "a", "b"):
            (self.folder / name).symlink_to("my_pictures")
        for name in ("studies", "part1", "part2", "part3", "part4"):
            (self.folder / name).symlink_to(SOURCE / "samples/studies/own-kernels")

    def test_every_command_works(self):
        self.prepare()
        count = 0
        for document in DOCUMENTS:
            if document.name != "README.md":
                self.run_program("train", "--steps", "3", "--quiet")
            for command in commands(document):
                runs = sorted(path.name for path in (self.folder / "runs").glob("*")) or ["none"]
                words = shlex.split(shortened(command, "runs/" + runs[0]))
                if "report" in words and "studies/" in words:
                    words += ["--out", "report"]  # not into the project's own results
                result = subprocess.run([BINARY, *words[1:]], cwd=self.folder, text=True, capture_output=True, timeout=600)
                self.assertEqual(result.returncode, 0, f"{document.name}: {command}\n{result.stdout}{result.stderr}")
                count += 1
            # Each document stands for itself: its runs begin with 00000.
            subprocess.run(["rm", "-rf", "runs", "job", "new", "whole", "report"], cwd=self.folder, check=True)
        self.assertGreater(count, 30)


if __name__ == "__main__":
    unittest.main()
