"""Every link of the documents leads somewhere, every file that the architecture names is there."""
import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ.get("DCGAN_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
DOCUMENTS = [SOURCE / "README.md", SOURCE / "CONTRIBUTING.md", SOURCE / "models/README.md", *sorted((SOURCE / "docs").glob("*.md"))]


class Links(unittest.TestCase):
    def test_every_link_leads_somewhere(self):
        for document in DOCUMENTS:
            for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text()):
                if "://" not in target:
                    self.assertTrue((document.parent / target).exists(), f"{document.name}: {target}")

    def test_the_architecture_names_files_that_are_there(self):
        text = (SOURCE / "docs/architecture.md").read_text()
        named = [name for name in re.findall(r"`([\w/]+\.(?:cpp|h|py|md))`", text) if "NAME" not in name]
        self.assertGreater(len(named), 20)
        for name in named:
            self.assertTrue((SOURCE / name).exists() or (SOURCE / "src" / name).exists(), name)

    def test_the_comparison_names_tests_that_are_there(self):
        count = 0
        for cell in re.findall(r"\| ([^|]*) \|$", (SOURCE / "docs/comparison.md").read_text(), re.M):
            text = ""
            for file, name in re.findall(r"`(?:(tests/[\w/.]*):? ?)?([\w]*)`", cell):
                if file:
                    self.assertTrue((SOURCE / file).exists(), file)
                    text = (SOURCE / file).read_text() if (SOURCE / file).is_file() else ""
                if name:
                    self.assertRegex(text, rf"\b{name}\b", cell)
                    count += 1
        self.assertGreater(count, 30)


if __name__ == "__main__":
    unittest.main()
