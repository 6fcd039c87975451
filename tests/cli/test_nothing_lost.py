"""A resume takes nothing that is not its own, and passes over no checkpoint that may be whole."""
import json
import os
import pathlib
import shutil
import signal
import struct
import unittest

from program import SMALL, ProgramTest

AUTO = ["train", *SMALL, "--steps", 3, "--resume", "auto", "--quiet"]


def edit_metadata(path, changes, digest=True):
    """Changes entries of a safetensors file's metadata; without `digest` as a program would that writes none."""
    content = path.read_bytes()
    size, = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + size])
    header["__metadata__"].update(changes)
    if not digest:
        del header["__metadata__"]["header_xxh3_128"]
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + size:])


def everything_in(folder):
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


class NothingLost(ProgramTest):
    def trained(self, steps=6):
        self.run_program("train", *SMALL, "--steps", steps, "--checkpoint-every", 3, "--out", "run", "--quiet")
        return self.folder / "run"

    def test_an_automatic_start_removes_only_what_a_training_left(self):
        kinds = {
            "a site": {"config.toml": 'title = "my site"', "samples/a.wav": "", "checkpoints/model.pt": ""},
            "a run's folder with notes": {"config.toml": "# dcgan train --config x\n", "notes.txt": "mine"},
            "pictures": {"samples/holiday.png": "mine"},
            "numbered pictures": {"samples/0001.png": "mine"},
            "a run whose checkpoints were moved away": {"config.toml": "# dcgan train --config x\n",
                                                        "checkpoints/best.safetensors": "mine"},
        }
        for kind, files in kinds.items():
            with self.subTest(kind):
                folder = self.folder / "job"
                shutil.rmtree(folder, ignore_errors=True)
                for name, text in files.items():
                    (folder / name).parent.mkdir(parents=True, exist_ok=True)
                    (folder / name).write_text(text)
                before = everything_in(folder)
                self.expect_error(2, "--out job: holds files already", *AUTO, "--out", "job")
                self.assertEqual(everything_in(folder), before)

    def test_an_automatic_start_replaces_what_a_training_left_once_it_has_its_data(self):
        left = {"config.toml": "# dcgan train --config x\n", "metrics.jsonl": "", "samples/000000.png": "", "reals.png": ""}
        folder = self.folder / "job"
        for name, text in left.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        (folder / "checkpoints").mkdir()
        before = everything_in(folder)
        self.run_program(*AUTO, "--out", "job", "--dry-run")
        self.assertEqual(everything_in(folder), before)
        self.run_program("train", "--data", "nowhere", "--steps", 3, "--resume", "auto", "--out", "job", code=3)
        self.assertEqual(everything_in(folder), before)
        self.run_program(*AUTO, "--out", "job")
        self.assertTrue((folder / "checkpoints/000003.safetensors").exists())

    def test_a_best_checkpoint_that_is_left_alone_is_named_and_goes_on(self):
        checkpoints = self.trained() / "checkpoints"
        (checkpoints / "000006.safetensors").rename(checkpoints / "best.safetensors")
        for path in checkpoints.glob("0*"):
            path.unlink()
        self.expect_error(4, "only run/checkpoints/best.safetensors", "train", "--resume", "run", "--steps", 9)
        self.run_program("train", "--resume", "run/checkpoints/best.safetensors", "--out", "new", "--steps", 9, "--quiet")

    def test_every_call_of_a_queue_does_the_same(self):
        for rule in ["--finetune", "--reset-optimizer"]:
            self.expect_error(2, f"{rule}: not with --resume auto", *AUTO, "--out", "job", rule)

    def test_a_newer_versions_checkpoint_is_not_passed_over(self):
        newest = self.trained() / "checkpoints/000006.safetensors"
        edit_metadata(newest, {"dcgan.format": "99"}, digest=False)
        before = newest.read_bytes()
        result = self.run_program("train", "--resume", "run", "--steps", 9, code=4)
        self.assertIn("a newer version wrote it", result.stderr)
        self.assertIn("000003.safetensors --out NEW", result.stderr)
        self.assertEqual(newest.read_bytes(), before)

    @unittest.skipIf(os.geteuid() == 0, "root reads everything")
    def test_a_checkpoint_that_permissions_withhold_is_not_passed_over(self):
        newest = self.trained() / "checkpoints/000006.safetensors"
        newest.chmod(0)
        self.assertIn("Permission denied", self.run_program("train", "--resume", "run", "--steps", 9, code=4).stderr)

    def test_what_a_checkpoint_says_of_itself_has_a_digest_too(self):
        newest = self.trained() / "checkpoints/000006.safetensors"
        whole = newest.read_bytes()
        for changes in [{"images-seen": "48"}, {"data-images": "4999"}]:
            newest.write_bytes(whole)
            edit_metadata(newest, changes)
            self.expect_error(4, "the digest of its header does not match", "train", "--resume",
                              str(newest), "--steps", 9, "--out", "new")
        newest.write_bytes(whole)
        edit_metadata(newest, {}, digest=False)  # as an earlier version wrote it
        self.run_program("train", "--resume", "run", "--steps", 9, "--quiet")

    def test_a_request_to_save_before_the_first_step_ends_nothing(self):
        process = self.start_program("train", *SMALL, "--steps", 3, "--out", "run", "--quiet")
        while process.poll() is None and not caught(process.pid, signal.SIGUSR1):
            pass
        process.send_signal(signal.SIGUSR1)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)


def caught(pid, number):
    """Whether a process has set itself another answer to a signal than to end."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True
    masks = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith(("SigIgn", "SigCgt"))]
    return any(mask >> (number - 1) & 1 for mask in masks)


if __name__ == "__main__":
    unittest.main()
