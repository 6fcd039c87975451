import pathlib
import subprocess
import unittest

from program import BUILD, SMALL, SOURCE, ProgramTest


class Install(ProgramTest):
    def test_installed_program_finds_the_digits_from_any_folder(self):
        prefix = self.folder / "prefix"
        subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, capture_output=True)
        binary = prefix / "bin/dcgan"
        self.assertTrue((prefix / "share/dcgan/data/digits/LICENSE.md").is_file())
        # Were the source tree's copy found instead, hiding the installed one would not matter.
        digits = prefix / "share/dcgan/data/digits/images-idx3-ubyte.gz"
        command = [binary, "train", *SMALL, "--steps", "1", "--out", "run"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        digits.write_bytes(b"damaged")
        result = subprocess.run([*command[:-1], "run2"], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(result.returncode, 3)
        self.assertIn(str(digits), result.stderr)

    def test_another_project_builds_on_the_installed_library(self):
        prefix = self.folder / "prefix"
        subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, capture_output=True)
        build = self.folder / "build"
        for command in (["cmake", "-S", SOURCE / "tests/consumer", "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                         f"-DCMAKE_PREFIX_PATH={prefix}"], ["cmake", "--build", build]):
            result = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        result = subprocess.run([build / "consumer"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("batches seen 30", result.stdout)


if __name__ == "__main__":
    unittest.main()
