import fcntl
import json
import os
import shutil
import signal
import subprocess
import termios
import unittest

import numpy
import safetensors.numpy

from png import write_png
from program import BINARY, SMALL, SOURCE, ProgramTest, logged_lines, read_metrics, wait_until
from runs import assert_equal_runs

RUN = [*SMALL, "--checkpoint-every", 7, "--log-every", 3, "--sample-every", 10]


class Resume(ProgramTest):
    def undisturbed(self, steps, *more):
        self.run_program("train", *RUN, "--steps", steps, "--out", "whole", *more)

    def assert_equal_runs(self, steps):
        assert_equal_runs(self, self.folder / "whole", self.folder / "parts", steps)

    def test_resume_equals_the_uninterrupted_run(self):
        self.undisturbed(40)
        self.run_program("train", *RUN, "--steps", 20, "--out", "parts")
        self.run_program("train", "--resume", "parts", "--steps", 40)
        self.assert_equal_runs(40)

    def test_resume_with_averaging_and_falling_rates_for_every_norm(self):
        for norm in self.norms():
            with self.subTest(norm):
                more = ["--norm", norm, "--nz", 13, "--ema", 0.9, "--lr-schedule", "cosine", "--clip-grad-norm", 0.5, "--steps", 20]
                for out in ["whole", "parts"]:
                    shutil.rmtree(self.folder / out, ignore_errors=True)
                self.run_program("train", *RUN, *more, "--out", "whole")
                self.run_program("train", "--resume", "whole/checkpoints/000007.safetensors", "--out", "parts")
                a, b = (self.folder / d / "checkpoints/000020.safetensors" for d in ["whole", "parts"])
                left, right = safetensors.numpy.load_file(a), safetensors.numpy.load_file(b)
                self.assertEqual(left.keys(), right.keys())
                for key in left:
                    self.assertEqual(left[key].tobytes(), right[key].tobytes(), key)

    def test_resume_within_an_epoch_that_batches_do_not_divide(self):
        # 5000 images, 5 batches of 1000 less 8 an epoch: batches run across the epochs' borders.
        self.undisturbed(12, "--batch-size", 992)
        self.run_program("train", *RUN, "--batch-size", 992, "--steps", 5, "--out", "parts")
        self.run_program("train", "--resume", "parts", "--steps", 12)
        self.assert_equal_runs(12)

    def test_signals_save_and_name_their_exit_code(self):
        for number, code in [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]:
            out = f"run{code}"
            process = self.start_program("train", *SMALL, "--steps", 100000, "--out", out)
            self.wait_for_steps(out, process)
            process.send_signal(number)
            stdout, stderr = process.communicate(timeout=60)
            self.assertEqual(process.returncode, code, stderr)
            self.assertIn(f"dcgan train --resume {out}", stdout)
            newest = max((self.folder / out / "checkpoints").iterdir()).name
            self.assertGreater(int(newest.split(".")[0]), 0)

    def test_a_closed_terminal_saves_and_is_no_wrong_usage(self):
        ours, theirs = os.openpty()
        process = subprocess.Popen([BINARY, "train", *SMALL, "--steps", "100000", "--out", "run"], cwd=self.folder, stdin=theirs,
                                   stdout=theirs, stderr=theirs, start_new_session=True,
                                   preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(theirs)
        self.wait_for_steps("run", process)
        os.close(ours)
        self.assertEqual(process.wait(timeout=60), 129)
        self.assertGreater(int(max((self.folder / "run/checkpoints").iterdir()).stem), 0)

    def test_a_reader_that_goes_away_does_not_decide_the_code(self):
        process = subprocess.Popen([BINARY, "train", *SMALL, "--steps", "100000", "--out", "run"], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.wait_for_steps("run", process)
        process.stdout.close()
        process.stderr.close()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)

    def test_damaged_newest_checkpoint_falls_back_with_one_line(self):
        self.undisturbed(30)
        self.run_program("train", *RUN, "--steps", 30, "--out", "parts")
        newest = self.folder / "parts/checkpoints/000030.safetensors"
        newest.write_bytes(newest.read_bytes()[:newest.stat().st_size // 2])
        result = self.run_program("train", "--resume", "parts", "--quiet")
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertRegex(result.stderr, r"^warning: parts/checkpoints/000030.safetensors .*; going on from parts/")
        newest.write_bytes(b"")
        result = self.run_program("train", "--resume", "parts", "--log-format", "json")
        said = [json.loads(line) for line in result.stderr.splitlines()]
        self.assertIn("going on from", said[0]["warning"])
        newest.write_bytes(b"")
        result = self.run_program("train", "--resume", "parts", "--log-format", "json", "--quiet")
        self.assertEqual([list(json.loads(line)) for line in result.stderr.splitlines()], [["warning"]])
        self.assert_equal_runs(30)

    def test_of_checkpoints_that_are_all_damaged_the_newest_is_named(self):
        self.run_program("train", *RUN, "--steps", 20, "--out", "parts")
        paths = sorted((self.folder / "parts/checkpoints").glob("*.safetensors"))
        for path in paths:
            path.write_bytes(path.read_bytes()[:-100])
        self.expect_error(4, f"--resume parts: none of its {len(paths)} checkpoints is whole; parts/checkpoints/000020.safetensors",
                          "train", "--resume", "parts")

    def test_run_killed_before_its_first_interval_goes_on_from_the_start(self):
        process = self.start_program("train", *SMALL, "--steps", 100000, "--checkpoint-every", 100000,
                                     "--out", "parts")
        self.wait_for_steps("parts", process)
        process.kill()
        process.communicate()
        self.assertTrue((self.folder / "parts/checkpoints/000000.safetensors").exists())
        self.run_program("train", "--resume", "parts", "--steps", 30)
        self.run_program("train", *SMALL, "--steps", 30, "--checkpoint-every", 100000, "--out", "whole")
        self.assert_equal_runs(30)

    def test_two_trainings_never_share_a_folder(self):
        process = self.start_program("train", *SMALL, "--steps", 100000, "--out", "a")
        wait_until((self.folder / "a/checkpoints/000000.safetensors").exists, process)
        self.expect_error(2, "another dcgan is training in a", "train", "--resume", "a")
        process.kill()
        process.communicate()
        self.run_program("train", "--resume", "a", "--steps", 1)

    def test_resume_from_another_folder_finds_relative_data(self):
        random = numpy.random.default_rng(0)
        (self.folder / "d").mkdir()
        for i in range(16):
            write_png(self.folder / f"d/{i}.png", random.integers(0, 256, (16, 16, 3), dtype=numpy.uint8))
        self.run_program("train", *SMALL, "--data", "d", "--steps", 1, "--out", "a")
        run, self.folder = self.folder / "a", self.folder / "d"
        self.run_program("train", "--resume", run, "--steps", 2)

    def test_finished_run_says_so(self):
        self.run_program("train", *RUN, "--steps", 5, "--out", "a")
        self.assertIn("finished", self.run_program("train", "--resume", "a").stdout)

    def test_latest_run_is_found(self):
        self.run_program("train", *RUN, "--steps", 5)
        self.run_program("train", *RUN, "--steps", 7)
        self.assertIn("00001-digits-batch", self.run_program("train", "--resume").stdout)

    def test_old_checkpoint_branches_into_a_new_run_only(self):
        self.run_program("train", *RUN, "--steps", 21, "--out", "whole")
        old = "whole/checkpoints/000007.safetensors"
        self.expect_error(2, "give --out", "train", "--resume", old)
        self.expect_error(2, "give --out", "train", "--resume", self.folder / old)
        (self.folder / "elsewhere").mkdir()
        self.expect_error(2, "its run already went on to ../whole/checkpoints/000021.safetensors", "train",
                          "--resume", f"../{old}", cwd="elsewhere")
        # The branch has a checkpoint of its own from its beginning on.
        branch = self.start_program("train", "--resume", old, "--out", "killed", "--steps", 100000, "--checkpoint-every", 90000,
                                    "--log-every", 1)
        self.wait_for_steps("killed", branch)
        branch.kill()
        branch.wait()
        self.assertIn("step 9", self.run_program("train", "--resume", "killed", "--steps", 9, "--checkpoint-every", 90000).stderr)
        self.run_program("train", "--resume", old, "--out", "parts")
        a, b = (safetensors.numpy.load_file(self.folder / d / "checkpoints/000021.safetensors")
                for d in ["whole", "parts"])
        for key in a:
            self.assertEqual(a[key].tobytes(), b[key].tobytes(), key)

    def test_what_would_change_the_mathematics_is_refused(self):
        self.run_program("train", *RUN, "--steps", 5, "--out", "a")
        self.expect_error(4, "--ngf 64: a/checkpoints/000005.safetensors was trained with 8",
                          "train", "--resume", "a", "--ngf", 64, "--steps", 9)
        self.expect_error(4, "--batch-size 32: a/checkpoints/000005.safetensors was trained with 16", "train",
                          "--resume", "a", "--batch-size", 32, "--steps", 9)
        for switch in ["--allow-change", "--reset-optimizer", "--finetune"]:
            self.expect_error(4, "--ngf 64", "train", "--resume", "a", "--ngf", 64, "--steps", 9, switch)
            self.expect_error(2, f"{switch}: only together with --resume", "train", switch)
        self.expect_error(4, "--seed 3", "train", "--resume", "a", "--seed", 3, "--steps", 9, "--reset-optimizer")
        # What changes no bit is said.
        result = self.run_program("train", "--resume", "a", "--steps", 9, "--log-every", 2)
        self.assertIn("changed: --steps 5 -> 9, --log-every 3 -> 2", result.stderr)

    def test_another_batch_size_goes_on_from_the_images_seen(self):
        self.run_program("train", *RUN, "--steps", 5, "--out", "a")
        change = ["--batch-size", 32, "--allow-change"]
        self.run_program("train", "--resume", "a/checkpoints/000005.safetensors", *change, "--steps", 15, "--out", "whole")
        self.run_program("train", "--resume", "a/checkpoints/000005.safetensors", *change, "--steps", 9, "--out", "parts")
        self.run_program("train", "--resume", "parts", "--steps", 15)
        self.assert_equal_runs(15)
        last = read_metrics(self.folder / "whole")[-1]
        self.assertEqual((last["step"], last["images"]), (15, 5 * 16 + 10 * 32))

    def test_fresh_optimisers_and_finetuning(self):
        self.run_program("train", *RUN, "--steps", 5, "--out", "a")
        self.run_program("train", "--resume", "a", "--reset-optimizer", "--lr", 1e-3, "--steps", 9)
        state = safetensors.numpy.load_file(self.folder / "a/checkpoints/000009.safetensors")
        self.assertEqual(int(state["optimizer_g.step"]), 4)
        self.run_program("train", "--resume", "a", "--finetune", "--seed", 8, "--steps", 3, "--out", "b")
        tuned = safetensors.numpy.load_file(self.folder / "b/checkpoints/000000.safetensors")
        for name, values in state.items():
            if name.startswith(("generator", "discriminator")):
                self.assertEqual(values.tobytes(), tuned[name].tobytes(), name)
        self.assertFalse(tuned["optimizer_d.exp_avg.main.0.weight"].any())
        self.assertEqual([line["step"] for line in read_metrics(self.folder / "b")], [0, 3])

    def test_other_images_are_refused_unless_allowed(self):
        generator = numpy.random.default_rng(0)
        (self.folder / "d").mkdir()
        picture = lambda i: write_png(self.folder / f"d/{i}.png", generator.integers(0, 256, (16, 16, 3), dtype=numpy.uint8))
        for i in range(16):
            picture(i)
        self.run_program("train", *SMALL, "--data", "d", "--steps", 1, "--out", "a")
        (self.folder / "d").rename(self.folder / "moved")
        self.run_program("train", "--resume", "a", "--data", "moved", "--steps", 2)  # the same images
        (self.folder / "moved").rename(self.folder / "d")
        picture(16)
        result = self.run_program("train", "--resume", "a", "--data", "d", "--steps", 3, code=4)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertRegex(result.stderr, "was trained on other images: 16 images then, 17 now; --allow-change goes on with these")
        self.run_program("train", "--resume", "a", "--data", "d", "--steps", 3, "--allow-change")

    def test_the_last_and_every_nth_checkpoint_and_no_unfinished_file_are_kept(self):
        self.run_program("train", *SMALL, "--steps", 20, "--checkpoint-every", 2, "--keep-last", 3, "--keep-every", 8, "--out", "a")
        checkpoints = self.folder / "a/checkpoints"
        names = lambda: sorted(path.name for path in checkpoints.iterdir())
        self.assertEqual(names(), [f"{step:06}.safetensors" for step in (0, 8, 16, 18, 20)])
        # Of a process that is gone, and of one that is at work.
        (checkpoints / "000022.safetensors.tmp-4194305").write_text("killed")
        (self.folder / f"a/report.html.tmp-{os.getpid()}").write_text("at work")
        self.run_program("train", "--resume", "a", "--steps", 22, "--keep-last", 1)
        self.assertEqual(names(), [f"{step:06}.safetensors" for step in (0, 8, 16, 22)])
        self.assertTrue((self.folder / f"a/report.html.tmp-{os.getpid()}").exists())

    def test_a_checkpoint_of_the_first_format_goes_on(self):
        old = SOURCE / "tests/training/checkpoints/format-1.safetensors"
        self.run_program("train", "--resume", old, "--steps", 6, "--out", "a")
        self.assertIn("dcgan.format: 2", self.run_program("info", "a").stdout)
        self.run_program("generate", old)

    def test_a_run_shorter_than_its_interval_leaves_its_last_step(self):  # R09
        result = self.run_program("train", *SMALL, "--steps", 7, "--checkpoint-every", 1000, "--out", "short")
        self.assertIn("checkpoint: short/checkpoints/000007.safetensors", result.stdout)
        self.assertIn("more images: dcgan generate short/checkpoints/000007.safetensors", result.stdout)
        self.run_program("generate", "short")
        process = self.start_program("train", *SMALL, "--steps", 100000, "--checkpoint-every", 100000, "--log-every", 1,
                                     "--out", "stopped")
        metrics = self.folder / "stopped/metrics.jsonl"
        wait_until(lambda: metrics.exists() and len(metrics.read_text().splitlines()) >= 6, process)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, stderr)
        newest = max((self.folder / "stopped/checkpoints").glob("*.safetensors"))
        self.assertIn(f"checkpoint: stopped/checkpoints/{newest.name}", stdout)
        self.assertEqual(read_metrics(self.folder / "stopped")[-1]["step"], int(newest.stem))
        self.run_program("generate", "stopped")

    def test_a_time_limit_saves_and_ends_well_and_the_same_command_goes_on(self):
        command = ["train", *SMALL, "--steps", 100000, "--resume", "auto", "--out", "job", "--quiet"]
        first = self.run_program(*command, "--max-time", "2s").stdout
        self.assertIn("time limit reached after step", first)
        reached = int(first.split("after step ")[1].split(";")[0])
        self.assertTrue((self.folder / f"job/checkpoints/{reached:06}.safetensors").exists())
        second = self.run_program(*command, "--max-time", "1s").stdout
        self.assertGreater(int(second.split("after step ")[1].split(";")[0]), reached)
        by_epochs = ["train", *SMALL, "--epochs", 1000, "--out", "epochs", "--quiet", "--max-time", "1s"]
        self.assertIn("time limit reached after step", self.run_program(*by_epochs).stdout)
        # A finished run ends at once; another width is refused.
        done = ["train", *SMALL, "--steps", 3, "--resume", "auto", "--out", "short", "--quiet"]
        self.run_program(*done)
        self.assertIn("is finished", self.run_program(*done).stdout)
        self.expect_error(4, "--ngf 16", *done, "--ngf", 16)
        # "latest" means the newest run after --resume alone; here it is a folder.
        latest = ["train", *SMALL, "--steps", 3, "--resume", "auto", "--out", "latest", "--quiet"]
        self.run_program(*latest)
        self.assertIn("latest/checkpoints/000003.safetensors is finished", self.run_program(*latest).stdout)
        self.expect_error(2, "--resume auto: name the run's folder", "train", "--resume", "auto")
        self.expect_error(2, "--max-time soon", "train", "--max-time", "soon")

    def test_resume_auto_starts_anew_where_nothing_was_learnt(self):
        (self.folder / "job").mkdir()
        (self.folder / "job/config.toml").write_text("# dcgan train --config job/config.toml\n")
        (self.folder / "job/notes.txt").write_text("mine")
        result = self.run_program("train", *SMALL, "--steps", 3, "--resume", "auto", "--out", "job", "--quiet", code=2)
        self.assertIn("--out job", result.stderr)  # somebody's own file stays, and is said
        (self.folder / "job/notes.txt").unlink()
        self.run_program("train", *SMALL, "--steps", 3, "--resume", "auto", "--out", "job", "--quiet")

    def test_usr1_saves_and_goes_on(self):
        running = self.start_program("train", *SMALL, "--steps", 400000, "--checkpoint-every", 100000, "--out", "run", "--quiet")
        checkpoints = self.folder / "run/checkpoints"
        self.wait_for_steps("run", running)
        running.send_signal(signal.SIGUSR1)
        wait_until(lambda: len(list(checkpoints.glob("*.safetensors"))) >= 2, running)
        requested = max(checkpoints.glob("*.safetensors"))
        # It goes on: steps after the request are logged, and the stop saves one of them.
        logged = logged_lines(self.folder / "run")
        wait_until(lambda: logged_lines(self.folder / "run") >= logged + 2, running)
        self.assertIsNone(running.poll())
        running.send_signal(signal.SIGTERM)
        self.assertEqual(running.wait(timeout=60), 143)
        steps = sorted(int(path.stem) for path in checkpoints.glob("*.safetensors"))
        self.assertEqual(len(steps), 3)
        self.assertEqual(steps[:2], [0, int(requested.stem)])
        self.assertGreater(steps[2], steps[1])


if __name__ == "__main__":
    unittest.main()
