import json
import shutil
import struct
import unittest

import numpy
import safetensors.numpy

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
        for key in ("dcgan", "git", "build", "libtorch", "processor", "device", "data_fingerprint"):
            self.assertTrue(environment[key], key)
        self.assertEqual((environment["threads"], environment["options"]["nz"]), (1, 16))
        self.assertIn("checkpoints/000020.safetensors", out.stdout)
        self.assertEqual(list(run.rglob("*.tmp*")), [])

    def test_written_config_trains_the_same_run_again(self):
        self.run_program("train", *SMALL, "--steps", 12, "--lr-g", "1e-3", "--out", "a")
        self.run_program("train", "--config", "a/config.toml", "--out", "b")
        a = (self.folder / "a/checkpoints/000012.safetensors").read_bytes()
        b = (self.folder / "b/checkpoints/000012.safetensors").read_bytes()
        self.assertEqual(a, b)

    def test_shorthands_in_a_config_set_both_networks(self):
        (self.folder / "c.toml").write_text('norm-d = "batch"\nnorm = "none"\nlr = 1e-3\n')
        self.run_program("train", *SMALL, "--config", "c.toml", "--steps", 1, "--out", "a")
        text = (self.folder / "a/config.toml").read_text()
        for line in ['norm-g = "none"', 'norm-d = "batch"', "lr-g = 0.001", "lr-d = 0.001"]:
            self.assertIn(line + "\n", text)

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

    def test_epochs_that_end_on_one_image_train_without_nan(self):
        random = numpy.random.default_rng(0)
        (self.folder / "d").mkdir()
        for i in range(65):
            write_png(self.folder / f"d/{i}.png", random.integers(0, 256, (16, 16, 3), dtype=numpy.uint8))
        self.run_program("train", *SMALL, "--data", "d", "--batch-size", 64, "--epochs", 3, "--log-every", 1,
                         "--out", "a")
        lines = read_metrics(self.folder / "a")
        self.assertEqual(lines[-1]["step"], 4)  # 3 x 65 images are 3.05 batches, each of them full
        self.assertTrue(all(isinstance(line["loss_g"], float) for line in lines[1:]))

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
        self.assertIn("last good checkpoint is a/checkpoints/000000.safetensors", result.stderr)

    def test_no_checkpoint_ever_holds_nan(self):
        self.run_program("train", *SMALL, "--norm", "none", "--lr", "1e8", "--steps", 40,
                         "--checkpoint-every", 1, "--log-every", 1000, "--out", "a", code=5)
        for path in (self.folder / "a/checkpoints").iterdir():
            for name, values in safetensors.numpy.load_file(path).items():
                self.assertTrue(numpy.isfinite(values).all(), f"{path.name} {name}")

    def test_probe_reports_every_layer_and_changes_no_bit(self):
        self.run_program("train", *SMALL, "--steps", 4, "--out", "plain")
        self.run_program("train", *SMALL, "--steps", 4, "--probe-every", 2, "--out", "probed")
        a, b = (safetensors.numpy.load_file(self.folder / d / "checkpoints/000004.safetensors")
                for d in ["plain", "probed"])
        for name in a:
            self.assertEqual(a[name].tobytes(), b[name].tobytes(), name)
        lines = [json.loads(l) for l in (self.folder / "probed/probe.jsonl").read_text().splitlines()]
        self.assertEqual({l["step"] for l in lines}, {2, 4})
        layers = {(l["network"], l["pass"], l["layer"]) for l in lines}
        self.assertEqual(layers, {("generator", 0, f"main.{i}") for i in (0, 3, 6)} |
                         {("discriminator", p, f"main.{i}") for p in (0, 1) for i in (0, 2, 5)})
        self.assertTrue(all(l["gradient_norm"] > 0 and l["std"] > 0 for l in lines))

    def test_check_finite_names_the_layer(self):
        for norm in ["batch", "none", "layer"]:
            result = self.run_program("train", *SMALL, "--lr", "1e30", "--steps", 50, "--log-every", 100,
                                      "--norm", norm, "--check-finite", "--out", norm, code=5)
            self.assertRegex(result.stderr, r"(generator|discriminator) main\.\d+: the .* has values that are not finite")

    def test_every_norm_trains_and_resumes_to_the_bit(self):
        for norm in self.norms():
            with self.subTest(norm):
                run = ["train", *SMALL, "--norm", norm, "--steps"]
                self.run_program(*run, 4, "--out", f"{norm}-whole")
                self.run_program(*run, 2, "--out", f"{norm}-parts")
                self.run_program("train", "--resume", f"{norm}-parts", "--steps", 4)
                a, b = (safetensors.numpy.load_file(self.folder / f"{norm}-{d}/checkpoints/000004.safetensors")
                        for d in ["whole", "parts"])
                for name in a:
                    self.assertEqual(a[name].tobytes(), b[name].tobytes(), name)

    def test_help_shows_every_default(self):
        text = self.run_program("train", "--help").stdout
        for option in ["--lr-g", "--norm-g", "--resume", "--image-size", "--checkpoint-every"]:
            self.assertIn(option, text)
        self.assertRegex(text, r"--lr-g.*2e-04")

    def test_report_compares_two_runs(self):
        for norm in ["batch", "none"]:
            self.run_program("train", *SMALL, "--steps", 20, "--norm", norm, "--out", norm)
        result = self.run_program("report", "batch", "none", "--out", "both.png")
        for part in ["batch norm", "no norm", "sample std over 512 latents", "D(G(z))",
                     "gradient norm of G"]:
            self.assertIn(part, result.stdout)
        self.assertNotRegex(result.stdout, r"\bnan\b")
        self.assertTrue((self.folder / "both.png").read_bytes().startswith(b"\x89PNG"))
        # Folders of the same name are told apart by their paths.
        (self.folder / "other").mkdir()
        shutil.copytree(self.folder / "batch", self.folder / "other/batch")
        self.run_program("report", "batch", "other/batch", "--out", "same.html")
        page = (self.folder / "same.html").read_text()
        self.assertTrue('"title":"batch: batch norm and other/batch: batch norm"' in page)

    def test_version_names_libtorch(self):
        self.assertRegex(self.run_program("--version").stdout, r"dcgan \d.*LibTorch \d+\.\d+")


if __name__ == "__main__":
    unittest.main()
