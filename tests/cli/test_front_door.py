"""The first ten minutes: presets, config files, --dry-run, progress, help, locales (reports T09 to T13)."""
import json
import os
import pty
import re
import resource
import subprocess
import unittest

from PIL import Image

from program import BINARY, BUILD, SMALL, SOURCE, ProgramTest

PRESETS = sorted(path.stem for path in (SOURCE / "configs").glob("*.toml"))


class Presets(ProgramTest):
    def test_every_preset_says_what_it_is_for_and_reads(self):
        self.assertEqual(PRESETS, ["celeba-64", "cifar10", "digits", "emoji-32", "fashion", "folder-64"])
        for name in PRESETS:
            text = (SOURCE / f"configs/{name}.toml").read_text()
            self.assertRegex(text, r"(?s)^# .*Cost: .*Source: ", name)
            # With the digits as data each one is valid; what needs its own data says so.
            options = ["--data", "digits"]
            if name == "celeba-64":
                self.make_pictures("img_align_celeba", 64, (178, 218))
                options = []
            result = self.run_program("train", "--config", name, "--dry-run", *options)
            self.assertIn("nothing was trained and nothing written", result.stdout)
            self.assertRegex(result.stdout, r"a step of 64 images: [\d.]+ GFLOP, [\d.e+]+ ms on")
        self.assertFalse((self.folder / "runs").exists())

    def make_pictures(self, folder, count, size):
        from PIL import Image
        (self.folder / folder).mkdir()
        for i in range(count):
            Image.new("RGB", size, (i, 255 - i, 99)).save(self.folder / folder / f"{i}.jpg")

    def test_presets_train_where_the_data_is_at_hand(self):
        for name in ("digits", "fashion", "emoji-32"):
            result = self.run_program("train", "--config", name, "--steps", 2, "--ngf", 8, "--ndf", 8, "--eval-every", 0,
                                      "--out", name, code=None)
            if name != "digits" and "apt install" in result.stderr:
                continue
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn('init = "dcgan"', (self.folder / name / "config.toml").read_text())
        self.make_pictures("mine", 70, (90, 70))
        self.run_program("train", "--config", "folder-64", "--data", "mine", "--steps", 1, "--ngf", 8, "--ndf", 8)

    def test_a_preset_that_needs_a_folder_says_so(self):
        self.expect_error(2, "--data: name the images to train on", "train", "--config", "folder-64")
        self.expect_error(2, "no such preset; there are celeba-64, cifar10, digits, emoji-32, fashion, folder-64; did you mean digits?",
                          "train", "--config", "digit")

    def test_a_config_reads_back_to_the_same_options(self):  # T09
        self.make_pictures("mine", 20, (90, 70))
        (self.folder / "c.toml").write_text('[train]  # a comment\ncrop = [\n  5, 6,\n  40, 41 ]\nsteps = 1_0\nflip = true\n')
        self.run_program("train", "--config", "c.toml", "--data", "mine", *SMALL, "--steps", 2, "--background", "#102030",
                         "--out", "a")
        first = (self.folder / "a/config.toml").read_text()
        self.assertIn('crop = "5,6,40,41"', first)
        self.run_program("train", "--config", "a/config.toml", "--out", "b")
        second = (self.folder / "b/config.toml").read_text()
        self.assertEqual(first.splitlines()[1:], second.splitlines()[1:])
        # The command line beats the file, the file the default.
        self.run_program("train", "--config", "a/config.toml", "--steps", 1, "--out", "c")
        self.assertIn("steps = 1\n", (self.folder / "c/config.toml").read_text())
        self.expect_error(2, "--seed -5: expected 0 to", "train", "--seed", "-5")


class DryRun(ProgramTest):
    def test_it_counts_what_the_checkpoint_holds(self):
        result = self.run_program("train", *SMALL, "--dry-run")
        total = sum(int(n.replace(",", "")) for n in re.findall(r"(?:generator|discriminator) ([\d,]+)",
                    re.search("parameters: .*", result.stdout)[0]))
        self.run_program("train", *SMALL, "--steps", 1, "--out", "run")
        from safetensors.numpy import load_file
        tensors = load_file(self.folder / "run/checkpoints/000001.safetensors")
        learnt = sum(t.size for name, t in tensors.items()
                     if name.startswith(("generator.", "discriminator.")) and name.endswith((".weight", ".bias")))
        self.assertEqual(total, learnt)
        result = self.run_program("train", "--resume", "run", "--steps", 1501, "--dry-run")
        self.assertIn("1,500 steps after the 1 done", result.stdout)

    def test_too_little_memory_names_the_batch_that_fits(self):
        # Enough address space for the libraries, not for the training.
        free = 6 << 30
        result = subprocess.run([BINARY, "train", "--image-size", "256", "--ngf", "256", "--batch-size", "4000"],
                                cwd=self.folder, text=True, capture_output=True, timeout=300,
                                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (free, free)))
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertRegex(result.stderr, r"^dcgan: not enough memory: training needs about [\d.]+ [GT]B, [\d.]+ [MG]B are "
                                        r"free; (--batch-size \d+ would fit|take a smaller)")


class Progress(ProgramTest):
    def test_a_file_gets_whole_lines_at_a_bounded_rate(self):  # T10
        result = self.run_program("train", *SMALL, "--steps", 60)
        self.assertNotIn("\r", result.stderr)
        self.assertNotIn("\x1b", result.stderr)
        lines = [line for line in result.stderr.splitlines() if line.startswith("step ")]
        self.assertLessEqual(len(lines), 5)
        self.assertRegex(lines[0], r"^step 1/60  \S+ .*left  loss_d \S+  loss_g \S+  D\(x\) \S+  D\(G\(z\)\) \S+  \d+ images/s  "
                                   r"\S+ MB$".replace("\\S+ .*left", ".*left") if " left" in lines[0] else "^step 1/60")
        self.assertRegex(lines[-1], "^step 60/60  took ")

    def test_a_dumb_terminal_gets_lines_and_a_real_one_a_live_line(self):
        for term, live in [("dumb", False), ("xterm", True)]:
            pid, terminal = pty.fork()
            if pid == 0:
                os.chdir(self.folder)
                os.environ["TERM"] = term
                os.execv(BINARY, [BINARY, "train", *SMALL, "--steps", "20", "--out", term])
            text = b""
            try:
                while data := os.read(terminal, 4096):
                    text += data
            except OSError:
                pass
            self.assertEqual(os.waitpid(pid, 0)[1], 0, text)
            self.assertEqual(b"\x1b[K" in text, live, text)

    def test_json_lines_and_silence(self):
        result = self.run_program("train", *SMALL, "--steps", 20, "--log-format", "json")
        lines = [json.loads(line) for line in result.stderr.splitlines()]
        last = lines[-1]
        self.assertEqual((last["step"], last["of"]), (20, 20))
        self.assertLess({"loss_d", "loss_g", "d_real", "d_fake", "images_per_second", "memory"}, set(last))
        self.assertTrue((self.folder / json.loads(result.stdout)["checkpoint"]).is_file())
        self.assertEqual(self.run_program("train", *SMALL, "--steps", 20, "--quiet").stderr, "")

    def test_the_last_lines_say_where_everything_is(self):
        lines = self.run_program("train", *SMALL, "--steps", 5).stdout.splitlines()
        self.assertTrue((self.folder / lines[-3].removeprefix("samples: ")).is_file())
        self.assertTrue((self.folder / lines[-2].removeprefix("checkpoint: ")).is_file())
        self.assertTrue(lines[-1].startswith("more images: dcgan generate "))


class Help(ProgramTest):
    VERBS = ["train", "generate", "evaluate", "report", "data", "data info", "info", "study"]

    def test_every_verb_has_help_with_an_example(self):
        for verb in self.VERBS:
            text = self.run_program(*verb.split(), "--help").stdout
            if verb != "data":
                self.assertRegex(text, "Examples?: dcgan " + verb)
        train = self.run_program("train", "--help").stdout
        for part in ["--lr-g", "2e-04", "--batch-size", "64", "--memory", "auto", "pixels"]:
            self.assertIn(part, train)

    def test_misspelt_words_get_the_nearest(self):
        for part, *arguments in [("did you mean train?", "trian"), ("did you mean info?", "data", "inof"),
                                 ("did you mean --batch-size?", "train", "--batchsize", "3"),
                                 ("did you mean --strict?", "data", "info", "digits", "--stric"),
                                 ("did you mean --rows?", "generate", "--row", "3")]:
            self.expect_error(2, part, *arguments)

    def test_a_folder_without_its_option_is_recognised(self):
        (self.folder / "pictures").mkdir()
        self.expect_error(2, "unknown argument 'pictures'; did you mean --data pictures?", "train", "pictures")

    def test_version(self):
        kind = re.search(r"CMAKE_BUILD_TYPE:STRING=(\w+)", (BUILD / "CMakeCache.txt").read_text())[1]
        self.assertRegex(self.run_program("--version").stdout,
                         rf"^dcgan \S+ \(\S+, {kind}\), LibTorch 2\.\d+\.\d+\S*, \d+-bit vectors \(\S+\), "
                         r"(without CUDA|with CUDA)\n$")

    def test_numbers_are_the_same_under_every_locale(self):
        locales = subprocess.run(["locale", "-a"], capture_output=True, text=True).stdout.split()
        commas = [name for name in locales if name.startswith(("de_", "fr_"))]
        environment = dict(os.environ, LC_ALL=commas[0] if commas else "de_DE.UTF-8")
        self.run_program("train", *SMALL, "--steps", 2, "--lr", "1.5e-3", "--out", "run", env=environment)
        self.assertIn("lr-g = 0.0015\n", (self.folder / "run/config.toml").read_text())


class LastWords(ProgramTest):
    def test_errors_are_objects_too_where_lines_of_json_are_asked_for(self):
        for code, part, *arguments in [(3, "no such folder", "--data", "nowhere"), (2, "did you mean", "--sede", "3"),
                                       (2, "--nz 0", "--nz", "0")]:
            for form in (["--log-format", "json"], ["--log-format=json"]):
                result = self.run_program("train", *arguments, *form, code=code)
                line = json.loads(result.stderr)
                self.assertEqual(line["code"], code)
                self.assertIn(part, line["error"])

    def test_too_little_address_space_for_the_libraries_is_said(self):
        for megabytes in range(450, 800, 25):
            limit = megabytes << 20
            result = subprocess.run([BINARY, "--version"], cwd=self.folder, text=True, capture_output=True, timeout=60,
                                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
            lines = result.stderr.splitlines()
            if result.returncode == 127:  # the libraries cannot even be mapped: the dynamic linker says so
                self.assertIn("error while loading shared libraries", result.stderr)
            elif result.returncode == 0:
                self.assertEqual(lines, [])
            else:
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertRegex(lines[0], r"^dcgan: not enough memory: the limit of the address space \(ulimit -v\) is \d+ kB")
                self.assertEqual(len(lines), 1)


    def test_a_current_folder_that_was_deleted_is_said(self):
        (self.folder / "gone").mkdir()
        result = subprocess.run(["sh", "-c", f"cd gone; rmdir ../gone; '{BINARY}' --version"], cwd=self.folder, text=True,
                                capture_output=True, timeout=60)
        self.assertEqual((result.returncode, result.stderr),
                         (2, "dcgan: the current folder was deleted: change to another one (cd)\n"))

    def test_folders_named_by_variables_are_the_ones_looked_into(self):
        here = {**os.environ, "DCGAN_DATA_DIR": "/nowhere", "DCGAN_CONFIG_DIR": "/nowhere"}
        self.expect_error(3, "digits/images-idx3-ubyte.gz not found in /nowhere", "data", "info", "digits", env=here)
        self.expect_error(2, "no preset at all in /nowhere, which DCGAN_CONFIG_DIR names", "train", "--config", "digits", env=here)


class FewImages(ProgramTest):
    def setUp(self):
        super().setUp()
        (self.folder / "few").mkdir()
        Image.linear_gradient("L").resize((16, 16)).save(self.folder / "few/a.png")

    def test_a_set_of_one_image_trains_and_says_nothing_that_is_not_the_programs(self):
        result = self.run_program("train", *SMALL, "--data", "few", "--batch-size", 1, "--channels", 1, "--steps", 2,
                                  "--log-format", "json", "--out", "run")
        for line in result.stderr.splitlines():
            json.loads(line)
        start = json.loads((self.folder / "run/metrics.jsonl").read_text().splitlines()[0])
        self.assertEqual(start["real_std"], 0)

    def test_distances_to_other_data_are_not_to_be_compared(self):
        Image.linear_gradient("L").rotate(90).resize((16, 16)).save(self.folder / "few/b.png")
        for name, data in [("a", "few"), ("b", "few"), ("c", "digits")]:
            self.run_program("train", *SMALL, "--data", data, "--batch-size", 2, "--channels", 1, "--steps", 1,
                             "--out", name, "--quiet", "--eval-features", "digits")
        self.assertNotIn("not to be compared", self.run_program("report", "a", "b", "--out", "same.png").stdout)
        self.assertIn("(other data: not to be compared)", self.run_program("report", "b", "c", "--out", "other.png").stdout)


class OutFolders(ProgramTest):
    def test_a_long_name_of_the_data_is_cut(self):
        data = self.folder / ("ü" * 120)
        data.mkdir()
        for i in range(4):
            Image.new("L", (16, 16), 60 * i).save(data / f"{i}.png")
        self.run_program("train", "--data", data.name, "--image-size", 16, "--batch-size", 4, "--ngf", 4, "--ndf", 4,
                         "--steps", 1, "--quiet")
        self.assertEqual([path.name for path in (self.folder / "runs").iterdir()], ["00000-" + "ü" * 90 + "-batch"])

    def test_faults_are_found_before_the_first_step(self):  # T11
        (self.folder / "file").write_text("x")
        for part, out in [("--out /proc/x", "/proc/x"), ("--out file: is a file", "file")]:
            self.expect_error(2, part, "train", *SMALL, "--out", out)

    def test_sizes(self):  # T13
        for part, size in [("take 32 or 64", "48"), ("take 256", "418"), ("take 16", "4"),
                           ("--image-size 64x128: expected a whole number", "64x128")]:
            self.expect_error(2, part, "train", "--image-size", size)
        result = self.run_program("train", "--image-size", 128, "--ngf", 4, "--ndf", 4, "--batch-size", 4, "--steps", 1)
        self.assertIn("128x128", result.stderr)


if __name__ == "__main__":
    unittest.main()
