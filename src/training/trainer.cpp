#include "training/trainer.h"

#include <fmt/format.h>

#include <chrono>

#include "common/text.h"
#include "metrics/features.h"
#include "training/checkpoint_store.h"
#include "training/divergence.h"
#include "training/failures.h"
#include "training/numerics.h"
#include "training/run_evaluator.h"
#include "training/run_pictures.h"
#include "training/run_report.h"
#include "training/run_setup.h"
#include "training/signals.h"
#include "training/step.h"
#include "training/step_stream.h"

namespace dcgan {
namespace {

namespace fs = std::filesystem;

// The loop and what it needs at every step.
class Training {
 public:
  Training(TrainRequest request, RunDirectory run, torch::Device device,
           std::unique_ptr<Dataset> dataset, std::unique_ptr<FeatureExtractor> features)
      : options_(std::move(request.options)),
        run_(std::move(run)),
        device_(device),
        dataset_(std::move(dataset)),
        networks_(networks_of(options_, device)),
        checkpoints_(run_, options_),
        on_divergence_(parse_on_divergence(options_.on_divergence)),
        stream_(*dataset_, options_, device),
        real_std_(real_deviation(*dataset_)),
        style_(request.style),
        most_seconds_(request.most_seconds) {
    progressed_.data_fingerprint = dataset_->fingerprint();
    progressed_.data_images = dataset_->size();
    if (request.resume) go_on_from(*request.resume, request.rules);
    const bool bfloat16 = precision_of(options_, device) == Precision::kBFloat16;
    networks_.pass_g.set_autocast(bfloat16);
    networks_.pass_d.set_autocast(bfloat16);
    if (options_.eval_every > 0) {
      if (!features) features = open_features(default_features(*dataset_));
      evaluator_.emplace(*dataset_, std::move(features), options_.eval_samples, options_.nz);
    }
    checkpoints_.check_room(file_size_of(content()), progressed_.step);
    prepare_folder(run_, options_, device_, *dataset_);
    stream_.start(progressed_);
  }

  TrainResult run() {
    StopSignals& signals = signals_.emplace();
    report_.emplace(run_, options_, *dataset_, progressed_, style_, real_std_);
    report_->announce(device_, remarks_);
    save_beginning();
    began_ = Clock::now();
    report_->start_clock();
    for (bool ended = false; !ended;) {
      try {
        train_to_the_end(signals);
        ended = true;
      } catch (const Diverged& diverged) {
        roll_back(diverged);
      } catch (const DataError& error) {
        end_without_data(error);
      } catch (const DiskError& error) {
        report_->warn(checkpoints_.take_warnings());
        fail_without_disk(run_, error);
      }
    }
    report_->summarize_data();
    report_->finish();
    return finish(signals.received());
  }

 private:
  using Clock = std::chrono::steady_clock;

  void go_on_from(const ResumePoint& point, const ResumeRules& rules) {
    if (!rules.allow_change && !rules.finetune) {
      check_same_data(point.progressed, progressed_, options_, point.checkpoint);
    }
    restore(networks_, point.file, point.checkpoint,
            /*with_optimizers=*/!rules.finetune && !rules.reset_optimizer);
    if (rules.finetune) {
      remarks_.push_back("weights from " + point.checkpoint.string());
    } else {
      take_counts(point.progressed);
      resumed_ = true;
      remarks_.push_back(fmt::format("resumed after step {} with {} thread{}", progressed_.step,
                                     options_.threads, options_.threads == 1 ? "" : "s"));
    }
    const std::string changes = describe_changes(option_changes(point.options, options_));
    if (!changes.empty()) remarks_.push_back("changed: " + changes);
  }

  void take_counts(const Progressed& saved) {
    progressed_.go_on_from(saved);
    saved_step_ = progressed_.step;
  }

  void begin() {
    report_->log().write({{"step", 0.0}, {"real_std", real_std_}, {"sample_std", write_samples()}});
    save();
  }

  // So that a run killed before its first interval can be resumed like any other.
  void save_beginning() {
    try {
      if (!resumed_) {
        begin();
      } else if (!fs::exists(run_.checkpoint(progressed_.step))) {
        save();  // a branch, in a folder of its own
      }
    } catch (const Diverged& diverged) {
      fail_diverged(run_, diverged, 0);
    }
  }

  void train_to_the_end(StopSignals& signals) {
    checkpoints_.wait();  // no step before the first checkpoint is on the disk
    while (progressed_.step < options_.steps && signals.received() == 0 && !is_time_over()) {
      checkpoints_.check();
      report_->warn(checkpoints_.take_warnings());
      const bool logged = is_due(options_.log_every, progressed_.step + 1);
      const StepResult result = step(logged);
      // On a GPU reading the losses would wait for it at every step; there it is done with the log.
      if (logged || device_.is_cpu()) check_step(result);
      record(result, logged);
      report_->show(result, stream_.seconds_waited());
      const bool asked_for = signals.take_save_request();
      if (asked_for || is_due(options_.checkpoint_every, progressed_.step)) save();
    }
    if (saved_step_ != progressed_.step) save();
    checkpoints_.wait();
    report_->warn(checkpoints_.take_warnings());
  }

  static bool is_due(int64_t interval, int64_t step) { return step % interval == 0; }

  // --max-time counts from the beginning, whatever a rollback takes back.
  bool is_time_over() const {
    const std::chrono::duration<double> trained = Clock::now() - began_;
    return most_seconds_ > 0 && trained.count() >= most_seconds_;
  }

  StepResult step(bool with_gradient_norms) {
    const bool probed =
        options_.probe_every > 0 && is_due(options_.probe_every, progressed_.step + 1);
    const auto probe_g = probed ? std::make_shared<Probe>() : nullptr;
    const auto probe_d = probed ? std::make_shared<Probe>() : nullptr;
    networks_.generator->main->set_probe(probe_g);
    networks_.discriminator->main->set_probe(probe_d);
    const StepStream::Input input = stream_.next(progressed_.step);
    networks_.optimizer_g.options.lr = options_.lr_g * input.rate_factor;
    networks_.optimizer_d.options.lr = options_.lr_d * input.rate_factor;
    const StepResult result = checked_step(input, with_gradient_norms);
    progressed_.step += 1;
    progressed_.images_seen += options_.batch_size;
    if (probed) {
      report_->log().write_probe(progressed_.step, "generator", *probe_g);
      report_->log().write_probe(progressed_.step, "discriminator", *probe_d);
    }
    return result;
  }

  // With --check-finite a norm throws on the first input that is not finite.
  StepResult checked_step(const StepStream::Input& input, bool with_gradient_norms) {
    const auto step = [&] {
      return train_step(networks_, input.real, input.latents, with_gradient_norms);
    };
    if (!options_.check_finite) return step();
    try {
      return step();
    } catch (const c10::ValueError& error) {
      throw Diverged{progressed_.step + 1, first_line(error.what_without_backtrace())};
    }
  }

  void check_step(const StepResult& result) const {
    if (on_divergence_ == OnDivergence::kIgnore) return;
    const std::string what = find_divergence(networks_, result);
    if (!what.empty()) throw Diverged{progressed_.step, what};
  }

  void record(const StepResult& result, bool logged) {
    Metrics line = report_->line_of(result, networks_, stream_.has_schedule(), logged);
    const bool evaluated = options_.eval_every > 0 && is_due(options_.eval_every, progressed_.step);
    if (evaluated && is_savable()) measure(line);
    const bool sampled = is_due(options_.sample_every, progressed_.step);
    if (sampled) line.emplace_back("sample_std", write_samples());
    report_->finish_line(line, logged, /*written=*/logged || sampled || evaluated);
  }

  // FID and what comes with it; keeps the checkpoint if it is the best so far.
  void measure(Metrics& metrics) {
    const Evaluation found = evaluator_->evaluate(networks_.shown());
    metrics.emplace_back("features", evaluator_->features());
    metrics.emplace_back("fid", found.fid);
    metrics.emplace_back("kid", found.kid->mean);
    if (found.modes) {
      metrics.emplace_back("modes_covered", static_cast<double>(found.modes->covered));
      metrics.emplace_back("class_entropy", found.modes->entropy);
    }
    const double value = options_.eval_metric == "kid" ? found.kid->mean : found.fid;
    if (value < progressed_.best_metric) {
      progressed_.best_metric = value;
      checkpoints_.save_best(content());
    }
  }

  // Returns the deviation of the grid's images over the latents.
  double write_samples() {
    const double deviation = write_sample_grid(networks_, options_, run_, progressed_.step);
    report_->log().write_grid(progressed_.step);
    return deviation;
  }

  TensorFile content() const { return checkpoint_of(networks_, progressed_, options_); }

  // Whether the state is finite. What is not never reaches a checkpoint, not even with
  // --on-divergence ignore.
  bool is_savable() const {
    const std::string broken = first_not_finite(networks_);
    if (broken.empty()) return true;
    if (on_divergence_ != OnDivergence::kIgnore) {
      throw Diverged{progressed_.step, broken + " is not finite"};
    }
    return false;
  }

  void save() {
    if (is_savable()) {
      checkpoints_.save(content(), progressed_.step, report_->log().files());
      saved_step_ = progressed_.step;
    } else {
      report_->warn(fmt::format("step {} is not finite and not saved", progressed_.step));
    }
  }

  // Goes back to the last good checkpoint and on with other data from there, or ends the run.
  void roll_back(const Diverged& diverged) {
    constexpr int64_t kMost = 5;
    checkpoints_.wait();
    const int64_t done = progressed_.rollbacks;
    if (on_divergence_ != OnDivergence::kRollback || done == kMost) {
      fail_diverged(run_, diverged, done);
    }
    const ResumePoint point = resume_point_of(run_);
    report_->warn(point.warnings);
    restore(networks_, point.file, point.checkpoint,
            /*with_optimizers=*/true);
    take_counts(point.progressed);
    progressed_.rollbacks = done + 1;
    saved_step_ = -1;  // the count of rollbacks is to be saved as well
    stream_.start(progressed_);
    report_->restart();
    report_->warn(fmt::format(
        "diverged at step {}: {}; went back to {} and on with another seed for the data "
        "(rollback {} of at most {})",
        diverged.step, diverged.what, point.checkpoint.string(), done + 1, kMost));
  }

  // What was learnt so far is saved.
  [[noreturn]] void end_without_data(const DataError& error) {
    if (saved_step_ != progressed_.step && first_not_finite(networks_).empty()) save();
    checkpoints_.wait();
    report_->summarize_data();
    fail_without_data(run_, error);
  }

  TrainResult finish(int signal) {
    // The last picture is of no line of the log: a run that goes on has none there.
    if (!fs::exists(run_.sample(progressed_.step))) {
      write_sample_grid(networks_, options_, run_, progressed_.step);
    }
    TrainResult result{run_, run_.checkpoint(saved_step_), run_.sample(progressed_.step),
                       progressed_.step};
    if (progressed_.step < options_.steps && signal != 0) {
      constexpr int kSignalBase = 128;
      result.code = static_cast<ExitCode>(kSignalBase + signal);
    }
    result.time_limit_reached = progressed_.step < options_.steps && signal == 0;
    return result;
  }

  // First, so that the signals are caught until everything else is gone: one that comes after the
  // last save ends nothing.
  std::optional<StopSignals> signals_;
  TrainOptions options_;
  RunDirectory run_;
  torch::Device device_;
  std::unique_ptr<Dataset> dataset_;
  Networks networks_;
  CheckpointStore checkpoints_;
  Progressed progressed_;
  OnDivergence on_divergence_;
  StepStream stream_;
  double real_std_;
  ProgressStyle style_;
  double most_seconds_;
  std::optional<RunEvaluator> evaluator_;  // with --eval-every
  std::optional<RunReport> report_;
  std::vector<std::string> remarks_;  // on what is resumed
  Clock::time_point began_;
  int64_t saved_step_ = -1;
  bool resumed_ = false;
};

}  // namespace

TrainResult train(TrainRequest request) {
  TrainOptions& options = request.options;
  validate(options);
  const torch::Device device = prepare_device(options);
  // A wrong name is to be said now, before anything is made, and not at the first measurement.
  std::unique_ptr<FeatureExtractor> features;
  if (options.eval_every > 0 && !options.eval_features.empty()) {
    features = open_features(options.eval_features, "--eval-features");
  }
  // The folder comes before the data: a faulty --out must not cost the time of reading a million
  // pictures.
  const RunDirectory run = open_run(request);
  const std::shared_ptr<void> lock = run.lock();
  run.remove_unfinished();
  try {
    const bool goes_on = request.resume && !request.rules.finetune;
    std::unique_ptr<Dataset> dataset = prepare_data(
        options, device, request.style, goes_on ? request.resume->progressed : Progressed());
    if (request.may_start_anew) run.clear_unstarted();
    return Training(std::move(request), run, device, std::move(dataset), std::move(features)).run();
  } catch (const std::exception&) {
    run.remove_if_empty();
    throw;
  }
}

}  // namespace dcgan
