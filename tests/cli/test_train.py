import json
import struct
import unittest

import numpy

from png import write_png
from program import SMALL, ProgramTest, read_metrics


class Train(ProgramTest):
    def test_run_directory_holds_everything_the_readme_names(self):
        out = self.run_program("train", *SMALL, "--steps", 20, "--sample-every", 10,
                               "--checkpoint-every", 10)
        run = self.folder / "runs" / "00000-digits-batch"
        for name in ["config.toml", "environment.json", "metrics.jsonl", "reals.png",
                     "samples/000000.png", "samples/000010.png", "samples/000020.png",
                     "checkpoints/000010.safetensors", "checkpoints/000020.safetensors"]:
            self.assertTrue((run / name).is_file(), name)
        lines = read_metrics(run)
        self.assertEqual([line["step"] for line in lines], [0, 10, 20])
        for key in ["loss_d", "loss_g", "d_real", "d_fake", "grad_norm_d", "grad_norm_g",
                    "images_per_second", "sample_std"]:
            self.assertIsInstance(lines[-1][key], float, key)
        environment = json.loads((run / "environment.json").read_text())
        self.assertEqual(environment["images"], 5000)
        self.assertIn("checkpoints/000020.safetensors", out.stdout)
        self.assertEqual(list(run.rglob("*.tmp*")), [])

    def test_written_config_trains_the_same_run_again(self):
        self.run_program("train", *SMALL, "--steps", 12, "--lr-g", "1e-3", "--out", "a")
        self.run_program("train", "--config", "a/config.toml", "--out", "b")
        a = (self.folder / "a/checkpoints/000012.safetensors").read_bytes()
        b = (self.folder / "b/checkpoints/000012.safetensors").read_bytes()
        self.assertEqual(a, b)

    def test_seed_decides(self):
        for name, seed in [("a", 0), ("b", 1)]:
            self.run_program("train", *SMALL, "--steps", 2, "--seed", seed, "--out", name)
        a, b = ((self.folder / n / "checkpoints/000002.safetensors").read_bytes() for n in "ab")
        self.assertNotEqual(a, b)

    def test_epochs_count_images(self):
        self.run_program("train", *SMALL, "--batch-size", 1000, "--epochs", 1, "--log-every", 1,
                         "--out", "a")
        self.assertEqual(read_metrics(self.folder / "a")[-1]["step"], 5)
        self.assertEqual(read_metrics(self.folder / "a")[-1]["epoch"], 1)

    def test_folder_of_pictures_under_a_hard_path(self):
        pictures = self.folder / "bilder äöü 图片 'x\""
        pictures.mkdir()
        random = numpy.random.default_rng(0)
        for i in range(20):
            write_png(pictures / f"猫 {i}.png", random.integers(0, 256, (40, 60, 3), dtype=numpy.uint8))
        (pictures / "notes.txt").write_text("no image")
        result = self.run_program("train", "--data", pictures, "--image-size", 32, "--channels", 3,
                                  "--ngf", 8, "--steps", 20, "--batch-size", 16, "--out", "läufe/run 1")
        self.assertIn("not an image: 1", result.stderr)
        self.assertIn("20 images of 32x32", result.stderr)
        checkpoint = self.folder / "läufe/run 1/checkpoints/000020.safetensors"
        self.run_program("generate", checkpoint, "--rows", 2, "--cols", 3, "--out", "g.png")
        header = (self.folder / "g.png").read_bytes()[:26]
        self.assertEqual(struct.unpack(">II", header[16:24]), (2 + 3 * 34, 2 + 2 * 34))
        self.assertEqual(header[25], 2)  # RGB

    def test_progress_in_a_file_is_whole_lines(self):
        result = self.run_program("train", *SMALL, "--steps", 20, "--out", "a")
        self.assertNotIn("\r", result.stderr)
        self.assertNotIn("\x1b", result.stderr)
        self.assertRegex(result.stderr, r"step 20/20 .*loss_d .*loss_g .*D\(x\)")
        quiet = self.run_program("train", *SMALL, "--steps", 20, "--out", "b", "--quiet")
        self.assertEqual(quiet.stderr, "")

    def test_divergence_is_caught_and_leaves_good_checkpoints(self):
        result = self.run_program("train", *SMALL, "--norm", "none", "--lr-g", "1e30", "--lr-d", "1e30",
                                  "--steps", 50, "--log-every", 1, "--out", "a", code=5)
        self.assertRegex(result.stderr, r"training diverged: at step \d+ ")
        self.assertEqual(list((self.folder / "a/checkpoints").iterdir()), [])

    def test_help_shows_every_default(self):
        text = self.run_program("train", "--help").stdout
        for option in ["--lr-g", "--norm-g", "--resume", "--image-size", "--checkpoint-every"]:
            self.assertIn(option, text)
        self.assertRegex(text, r"--lr-g.*0\.0002")

    def test_report_compares_two_runs(self):
        for norm in ["batch", "none"]:
            self.run_program("train", *SMALL, "--steps", 20, "--norm", norm, "--out", norm)
        result = self.run_program("report", "batch", "none", "--out", "both.png")
        for part in ["batch norm", "no norm", "sample std over 512 latents", "D(G(z))",
                     "gradient norm of G"]:
            self.assertIn(part, result.stdout)
        self.assertNotRegex(result.stdout, r"\bnan\b")
        self.assertTrue((self.folder / "both.png").read_bytes().startswith(b"\x89PNG"))

    def test_version_names_libtorch(self):
        self.assertRegex(self.run_program("--version").stdout, r"dcgan \d.*LibTorch \d+\.\d+")


if __name__ == "__main__":
    unittest.main()
