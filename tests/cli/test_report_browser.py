"""The report of studies in a real headless Chromium: nothing fails, nothing is fetched, all is drawn."""
import json
import pathlib
import re
import shutil
import subprocess
import unittest

from program import SOURCE, ProgramTest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# Runs in the page: what a reader would see, as JSON in the title.
INSPECT = """
<script>
window.addEventListener("load", () => setTimeout(() => {
  const canvases = [...document.querySelectorAll("canvas")].map(c => {
    const pixels = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
    let drawn = 0;
    for (let i = 3; i < pixels.length; i += 4) drawn += pixels[i] > 0;
    return drawn;
  });
  const slider = document.querySelector("input[type=range]");
  const images = () => [...document.querySelectorAll(".film img")].map(i => i.src.length + i.src.slice(-40)).join();
  let moved = null;
  if (slider) { const before = images(); slider.value = 0; slider.dispatchEvent(new Event("input")); moved = images() !== before; }
  const verdicts = [...document.querySelectorAll("#verdicts tbody tr")].map(r => [...r.children].map(c => c.textContent));
  const glance = [...document.querySelectorAll("#glance tr")].map(r => r.children.length);
  const words = document.querySelectorAll("#words dt").length;
  const result = {glance, words, canvases, moved, verdicts, errors: window.seenErrors, resources: performance.getEntriesByType("resource").map(r => r.name)
    .filter(n => !n.startsWith("data:")), tables: document.querySelectorAll("details table").length,
    wide: document.documentElement.scrollWidth > window.innerWidth, labelled: [...document.querySelectorAll("canvas")].every(c => c.getAttribute("aria-label"))};
  document.body.innerHTML = "";
  document.body.append(Object.assign(document.createElement("pre"), {id: "inspection", textContent: JSON.stringify(result)}));
}, 500));
</script>
"""


@unittest.skipUnless(CHROMIUM, "no Chromium: install the package chromium")
class ReportInBrowser(ProgramTest):
    def inspect(self, page, width):
        html = page.read_text()
        html = html.replace("<head>", "<head><script>window.seenErrors = []; window.onerror = m => window.seenErrors.push(m);"
                            "const log = console.error; console.error = (...a) => { window.seenErrors.push(a.join(' ')); log(...a); };</script>", 1)
        html = html.replace("</body>", INSPECT + "</body>", 1)
        copy = page.with_name("inspected.html")
        copy.write_text(html)
        result = subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", f"--window-size={width},900",
                                 "--virtual-time-budget=5000", copy.as_uri()], capture_output=True, text=True, timeout=120)
        text = re.search(r'<pre id="inspection">(.*?)</pre>', result.stdout, re.S)
        self.assertIsNotNone(text, result.stdout[-2000:] + result.stderr[-2000:])
        return json.loads(text.group(1).replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))

    def test_the_report_of_the_kept_studies(self):
        self.run_program("report", SOURCE / "samples/studies", "--out", "report")
        page = self.folder / "report/report.html"
        self.assertLess(page.stat().st_size, 20_000_000)
        markdown = (self.folder / "report/report.md").read_text()
        for width in (1200, 500):  # Chromium's narrowest window
            seen = self.inspect(page, width)
            self.assertEqual(seen["errors"], [])
            self.assertEqual(seen["resources"], [])
            self.assertTrue(seen["canvases"])
            for drawn in seen["canvases"]:
                self.assertGreater(drawn, 500)
            self.assertTrue(seen["moved"], "the films do not follow the slider")
            self.assertTrue(seen["labelled"])
            self.assertEqual(seen["tables"], len(seen["canvases"]))
            self.assertFalse(seen["wide"], f"scrolls sideways at {width}")
            self.assertTrue(seen["verdicts"])
            self.assertEqual(set(seen["glance"]), {6}, "a heading for every column")
            self.assertGreater(seen["words"], 5)
            for _, claim, verdict, evidence in seen["verdicts"]:
                bold = verdict.split(",")[0]
                self.assertIn(f"| {claim} | **{bold}**", markdown)
                self.assertIn(evidence, markdown)

    def test_the_pages_of_runs(self):
        options = ("--steps", "12", "--log-every", "1", "--sample-every", "4", "--ngf", "4", "--eval-every", "6", "--eval-samples", "200")
        self.run_program("train", *options, "--out", "first run")
        self.run_program("train", *options, "--norm", "none", "--sample-every", "6", "--out", "second")
        self.run_program("report", "first run")
        self.run_program("report", "first run", "second", "--out", "both.png")
        for page, charts in (("first run/report.html", 8), ("both.html", 12)):
            seen = self.inspect(self.folder / page, 500)
            self.assertEqual((seen["errors"], seen["resources"]), ([], []))
            self.assertEqual(len(seen["canvases"]), charts)
            self.assertGreater(min(seen["canvases"]), 500)
            self.assertTrue(seen["moved"], "the film does not follow the slider")
            self.assertFalse(seen["wide"])


if __name__ == "__main__":
    unittest.main()
