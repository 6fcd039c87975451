#include <cstdio>
#include <memory>

#include "cli/values.h"
#include "cli/verbs.h"
#include "common/error.h"
#include "data/open.h"
#include "data/output_path.h"
#include "evaluation/describe_data.h"
#include "report/grid.h"
#include "report/image_file.h"
#include "report/progress.h"
#include "training/options.h"
#include "training/run_pictures.h"

namespace dcgan {
namespace {

struct DataArguments {
  std::string data;
  DatasetOptions reading;
  std::string grid;
  bool json = false;
  bool quiet = false;
};

int run_info(const DataArguments& a) {
  check_training_size(a.reading.image_size);
  if (!a.grid.empty()) {
    check_image_path(a.grid, "--grid");
    check_output_path(a.grid, "--grid", a.data);
  }
  DatasetOptions reading = a.reading;
  reading.progress = delayed_progress(a.quiet ? ProgressStyle::kQuiet : ProgressStyle::kText,
                                      "picture", "reading");
  const std::unique_ptr<Dataset> dataset = open_dataset(a.data, reading);
  reading.progress = {};  // ends its line
  const PixelStatistics statistics = pixel_statistics(*dataset);
  std::printf("%s%s", (a.json ? data_to_json : describe_data)(a.data, *dataset, statistics).c_str(),
              a.json ? "\n" : "");
  if (!a.grid.empty()) {
    write_image(a.grid, make_grid(some_reals(*dataset, kGridImages)));
    if (!a.json) std::printf("%-14s%s\n", "examples", a.grid.c_str());
  }
  return static_cast<int>(ExitCode::kDone);
}

}  // namespace

void add_data(CLI::App& app, Verb& chosen) {
  CLI::App* data = app.add_subcommand("data", "Look at training data");
  data->require_subcommand(1);
  CLI::App* verb = data->add_subcommand(
      "info", "Count, sizes, classes, mean and deviation of a set; what would be left out and why");
  auto a = std::make_shared<DataArguments>();
  verb->add_option("data", a->data, "a set or a path, as train --data takes it")->required();
  DatasetOptions& r = a->reading;
  add_value(*verb, "--image-size", r.image_size, "side of the images; 0: as train chooses");
  add_value(*verb, "--channels", r.channels, "1 to 4; 0: as train chooses");
  add_value(*verb, "--crop", r.crop, "X,Y,WIDTH,HEIGHT: this part of every picture, in pixels");
  add_value(*verb, "--fit", r.fit, "crop, pad or stretch");
  add_value(*verb, "--background", r.background, "white, black or #rrggbb");
  add_value(*verb, "--memory", r.memory, "most memory for decoded pictures: auto, 500M, 8G");
  add_value(*verb, "--workers", r.workers, "threads that decode; 0: one per processor");
  verb->add_flag("--strict", r.strict, "fail if anything has to be left out");
  add_value(*verb, "--grid", a->grid, "draw 64 of the images into this file, .png or .jpg");
  verb->add_flag("--json", a->json, "one JSON object");
  verb->add_flag("--quiet", a->quiet, "no progress");
  verb->footer("Example: dcgan data info my_pictures/ --grid examples.png");
  verb->callback([a, &chosen] { chosen = [a] { return run_info(*a); }; });
}

}  // namespace dcgan
