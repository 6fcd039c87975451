import random
import unittest

import numpy
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from program import SMALL, ProgramTest, logged_lines, read_metrics, wait_until
from runs import read_events

EVENTS = "events.out.tfevents.dcgan"


class TensorBoard(ProgramTest):
    def test_its_own_reader_returns_what_was_logged(self):
        self.run_program("train", *SMALL, "--steps", 20, "--log-every", 2, "--sample-every", 10, "--out", "a", "--quiet")
        run = self.folder / "a"
        scalars, images = read_events(run)
        for line in read_metrics(run):
            for name, value in line.items():
                if name != "step" and isinstance(value, (int, float)):
                    self.assertIn((line["step"], float(numpy.float32(value))), scalars[name], name)
        self.assertEqual(images["samples"], [(step, (run / f"samples/{step:06}.png").read_bytes()) for step in [0, 10, 20]])

    def test_hyper_parameters(self):
        self.run_program("train", *SMALL, "--steps", 1, "--lr", 3e-4, "--out", "a", "--quiet")
        events = EventAccumulator(str(self.folder / "a"))
        events.Reload()
        content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
        options = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
        self.assertEqual(options["lr-g"].number_value, 3e-4)
        self.assertEqual(options["norm-g"].string_value, "batch")
        self.assertIs(options["deterministic"].bool_value, False)
        self.assertEqual(options["batch-size"].number_value, 16)

    def test_after_a_kill_and_a_resume_each_step_comes_once(self):
        process = self.start_program("train", *SMALL, "--steps", 100000, "--log-every", 1, "--checkpoint-every", 100,
                                     "--out", "a", "--quiet")

        def newest():
            return max((int(path.stem) for path in (self.folder / "a/checkpoints").glob("*.safetensors")), default=0)
        wait_until(lambda: newest() >= 100, process)
        logged = logged_lines(self.folder / "a")
        wait_until(lambda: logged_lines(self.folder / "a") > logged + 20, process)
        process.kill()
        process.communicate()
        end = newest() + 100
        self.run_program("train", "--resume", "a", "--steps", end)
        steps = [step for step, _ in read_events(self.folder / "a")[0]["loss_d"]]
        self.assertEqual(steps, list(range(1, end + 1)))
        self.assertEqual([line["step"] for line in read_metrics(self.folder / "a")][1:], steps)

    def test_all_whole_records_survive_a_cut_at_any_byte(self):
        self.run_program("train", *SMALL, "--steps", 12, "--log-every", 1, "--sample-every", 100, "--out", "a", "--quiet")
        path = self.folder / "a" / EVENTS
        whole = path.read_bytes()
        begins, at = [], 0
        while at < len(whole):
            begins.append(at)
            at += int.from_bytes(whole[at:at + 8], "little") + 16
        for cut in range(begins[-1], len(whole)):
            path.write_bytes(whole[:cut])
            self.assertEqual([step for step, _ in read_events(self.folder / "a")[0]["loss_d"]], list(range(1, 12)))
        # Ours, too, goes on behind the last whole record, whatever stands there: a cut, zeros.
        clock = random.Random(3)
        for tail in [b"", b"\0" * 40, whole[begins[-1]:clock.randrange(begins[-1], len(whole))]]:
            path.write_bytes(whole[:begins[-1]] + tail)
            self.run_program("train", "--resume", "a/checkpoints/000012.safetensors", "--steps", 14)
            steps = [step for step, _ in read_events(self.folder / "a")[0]["loss_d"]]
            self.assertEqual(steps, [*range(1, 12), 13, 14])
            (self.folder / "a/checkpoints/000014.safetensors").unlink()


if __name__ == "__main__":
    unittest.main()
