#pragma once

#include <torch/types.h>

#include <memory>

#include "data/dataset.h"
#include "models/discriminator.h"
#include "models/generator.h"
#include "report/progress.h"
#include "training/networks.h"
#include "training/numerics.h"
#include "training/options.h"
#include "training/run_directory.h"
#include "training/train_request.h"

namespace dcgan {

/// The folder to train in: a new one, or the resumed run's own. Throws UsageError where that
/// cannot be made, or where the run already went on from the checkpoint that was named.
RunDirectory open_run(const TrainRequest& request);

/// Replaces every 0 that stands for "chosen from the data"; --epochs count from the beginning of
/// the run, of which `progressed` are done.
void resolve(TrainOptions& options, const Dataset& dataset, const Progressed& progressed);

/// The networks that resolved options describe.
GeneratorOptions generator_options(const TrainOptions& options);
DiscriminatorOptions discriminator_options(const TrainOptions& options);

/// Networks and optimisers of a run with resolved options, initialised from its seed.
Networks networks_of(const TrainOptions& options, const torch::Device& device);

/// Device, numerics and threads as the options ask. `options.threads` becomes their number: a
/// resume uses as many, because another number rounds differently. Throws UsageError.
torch::Device prepare_device(TrainOptions& options);

/// Opens the data and resolves the options, with progress on stderr in this style. Of --epochs
/// those of `progressed`, what a resumed run has done, are gone. Paths become absolute, for a
/// resume from another folder. Throws DataError, also where there are fewer images than a batch
/// needs; UsageError where there is not enough memory.
std::unique_ptr<Dataset> prepare_data(TrainOptions& options, const torch::Device& device,
                                      ProgressStyle style, const Progressed& progressed = {});

/// --precision on this device. Throws UsageError where it cannot be had.
Precision precision_of(const TrainOptions& options, const torch::Device& device);

/// Writes what a run's folder begins with: config.toml, environment.json, reals.png. `options` are
/// resolved. Throws DiskError when the disk refuses.
void prepare_folder(const RunDirectory& run, const TrainOptions& options,
                    const torch::Device& device, const Dataset& dataset);

}  // namespace dcgan
