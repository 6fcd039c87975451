#include "training/trainer.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <csignal>

#include "common/device.h"
#include "common/memory.h"
#include "common/text.h"
#include "data/loader.h"
#include "metrics/features.h"
#include "report/progress.h"
#include "sampling/latents.h"
#include "training/checkpoint_store.h"
#include "training/collapse.h"
#include "training/divergence.h"
#include "training/numerics.h"
#include "training/run_evaluator.h"
#include "training/run_log.h"
#include "training/run_pictures.h"
#include "training/run_setup.h"
#include "training/schedule.h"
#include "training/signals.h"
#include "training/step.h"
#include "training/step_metrics.h"

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
        networks_(make_networks(options_, device)),
        checkpoints_(run_, options_),
        on_divergence_(parse_on_divergence(options_.on_divergence)),
        schedule_(parse_schedule(options_.lr_schedule)),
        real_std_(real_deviation(*dataset_)),
        collapse_(real_std_) {
    progressed_.data_fingerprint = dataset_->fingerprint();
    progressed_.data_images = dataset_->size();
    if (request.resume) go_on_from(*request.resume, request.rules);
    style_ = request.style;
    most_seconds_ = request.most_seconds;
    const bool bfloat16 = precision_of(options_, device) == Precision::kBFloat16;
    networks_.pass_g.set_autocast(bfloat16);
    networks_.pass_d.set_autocast(bfloat16);
    if (options_.eval_every > 0) {
      if (!features) features = open_features(default_features(*dataset_));
      evaluator_.emplace(*dataset_, std::move(features), options_.eval_samples, options_.nz);
    }
    checkpoints_.check_room(file_size_of(content()), progressed_.step);
    prepare_folder(run_, options_, device_, *dataset_);
    open_data();
  }

  TrainResult run() {
    StopSignals signals;
    Progress progress(progressed_.step, options_.steps, style_);
    log_.emplace(run_, options_, progressed_.step);
    announce(progress);
    if (!resumed_) begin(progress);
    began_ = Clock::now();
    restart_speed();
    for (bool ended = false; !ended;) {
      try {
        train_to_the_end(signals, progress);
        ended = true;
      } catch (const Diverged& diverged) {
        roll_back(diverged, progress);
      } catch (const DataError& error) {
        end_without_data(error, progress);
      } catch (const DiskError& error) {
        tell_of_checkpoints(progress);
        end_without_disk(error);
      }
    }
    summarize_data(progress);
    progress.finish();
    return finish(signals.received());
  }

 private:
  using Clock = std::chrono::steady_clock;

  void go_on_from(const ResumePoint& point, const ResumeRules& rules) {
    if (!rules.allow_change && !rules.finetune) {
      check_same_data(point.progressed, progressed_, options_, point.checkpoint);
    }
    restore(networks_, point, /*with_optimizers=*/!rules.finetune && !rules.reset_optimizer);
    changes_ = describe_changes(option_changes(point.options, options_));
    if (rules.finetune) {
      weights_from_ = point.checkpoint;
      return;
    }
    take_counts(point.progressed);
    resumed_ = true;
  }

  void begin(Progress& progress) {
    log_->write({{"step", 0.0}, {"real_std", real_std_}, {"sample_std", write_samples()}});
    save(progress);  // so that a run killed before its first interval can be resumed like any other
  }

  void train_to_the_end(StopSignals& signals, Progress& progress) {
    while (progressed_.step < options_.steps && signals.received() == 0 && !is_time_over()) {
      checkpoints_.check();
      tell_of_checkpoints(progress);
      const bool logged = is_due(options_.log_every, progressed_.step + 1);
      const StepResult result = step(logged);
      // On a GPU reading the losses would wait for it at every step; there it is done with the log.
      if (logged || device_.is_cpu()) check_step(result);
      record(result, logged, progress);
      show(progress, result);
      if (is_due(options_.checkpoint_every, progressed_.step) || signals.take_save_request()) {
        save(progress);
      }
    }
    if (saved_step_ != progressed_.step) save(progress);
    checkpoints_.wait();
    tell_of_checkpoints(progress);
  }

  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }
  double seconds() const { return seconds_since(start_); }
  bool is_time_over() const { return most_seconds_ > 0 && seconds_since(began_) >= most_seconds_; }
  // The speed shown is that since the last rollback; --max-time counts from the beginning.
  void restart_speed() {
    start_ = Clock::now();
    first_step_ = progressed_.step;
  }
  double images_per_second() const {
    return static_cast<double>((progressed_.step - first_step_) * options_.batch_size) / seconds();
  }

  void check_step(const StepResult& result) const {
    if (on_divergence_ == OnDivergence::kIgnore) return;
    const std::string what = find_divergence(networks_, result);
    if (!what.empty()) throw Diverged{progressed_.step, what};
  }

  // Goes back to the last good checkpoint and on with other data from there, or ends the run.
  void roll_back(const Diverged& diverged, Progress& progress) {
    constexpr int64_t kMost = 5;
    checkpoints_.wait();
    const int64_t done = progressed_.rollbacks;
    if (on_divergence_ != OnDivergence::kRollback || done == kMost) {
      fail_diverged(run_, diverged, done);
    }
    const ResumePoint point = resume_point_of(run_);
    for (const std::string& text : point.warnings) progress.warning(text);
    restore(networks_, point, /*with_optimizers=*/true);
    take_counts(point.progressed);
    progressed_.rollbacks = done + 1;
    saved_step_ = -1;  // the count of rollbacks is to be saved as well
    open_data();
    log_.emplace(run_, options_, progressed_.step);
    restart_speed();
    progress.warning(fmt::format(
        "diverged at step {}: {}; went back to {} and on with another seed for the data "
        "(rollback {} of at most {})",
        diverged.step, diverged.what, point.checkpoint.string(), done + 1, kMost));
  }

  void take_counts(const Progressed& saved) {
    progressed_.go_on_from(saved);
    saved_step_ = progressed_.step;
  }

  // The images and latents from where the run stands on.
  void open_data() {
    data_seed_ = data_seed(options_.seed, progressed_.rollbacks);
    loader_.emplace(*dataset_,
                    LoaderOptions{.batch_size = options_.batch_size,
                                  .seed = data_seed_,
                                  .flip = options_.flip,
                                  .first_image = progressed_.images_seen},
                    device_);
  }

  // All pictures vanished, or with --strict one: what was learnt so far is saved.
  [[noreturn]] void end_without_data(const DataError& error, Progress& progress) {
    if (saved_step_ != progressed_.step && first_not_finite(networks_).empty()) save(progress);
    checkpoints_.wait();
    summarize_data(progress);
    const auto checkpoints = run_.checkpoints();
    throw DataError(checkpoints.empty() ? error.what()
                                        : fmt::format("{}; step {} is saved in {}", error.what(),
                                                      step_of_checkpoint(checkpoints.front()),
                                                      checkpoints.front().string()));
  }

  [[noreturn]] void end_without_disk(const DiskError& error) const {
    const auto checkpoints = run_.checkpoints();
    if (checkpoints.empty()) throw error;
    throw DiskError(fmt::format(
        "{}; step {} is saved: when there is room, go on with: dcgan train --resume {}",
        error.what(), step_of_checkpoint(checkpoints.front()), shell_quoted(run_.path().string())));
  }

  // What the writing thread could not say: it would have to write into the live line.
  void tell_of_checkpoints(Progress& progress) {
    for (const std::string& text : checkpoints_.take_warnings()) progress.warning(text);
  }

  void summarize_data(Progress& progress) const {
    for (const std::string& remark : dataset_->take_late_remarks()) progress.message(remark);
    for (const std::string& line : dataset_->late_summary()) progress.warning(line);
  }

  static bool is_due(int64_t interval, int64_t step) { return step % interval == 0; }

  void announce(Progress& progress) const {
    for (const std::string& remark : dataset_->remarks()) progress.message(remark);
    progress.message(fmt::format(
        "{}: {} images of {}x{}, {} channel{}; {} steps of {} image{} on {}; norm-g {}, norm-d {}",
        run_.path().string(), with_thousands(dataset_->size()), options_.image_size,
        options_.image_size, options_.channels, options_.channels == 1 ? "" : "s",
        with_thousands(options_.steps), options_.batch_size, options_.batch_size == 1 ? "" : "s",
        describe_device(device_), options_.norm_g, options_.norm_d));
    if (resumed_) {
      progress.message(fmt::format("resumed after step {} with {} thread{}", progressed_.step,
                                   options_.threads, options_.threads == 1 ? "" : "s"));
    }
    if (!weights_from_.empty()) progress.message("weights from " + weights_from_.string());
    if (!changes_.empty()) progress.message("changed: " + changes_);
  }

  void show(Progress& progress, const StepResult& result) const {
    for (const std::string& remark : dataset_->take_late_remarks()) progress.message(remark);
    if (!progress.due(progressed_.step)) return;
    const double rate = images_per_second();
    Metrics values = to_progress(result, rate);
    values.emplace_back("memory", static_cast<double>(resident_memory()));
    std::string text = summarize(result, rate) + "  " + format_bytes(resident_memory());
    if (!dataset_->in_memory()) {
      const double waiting = loader_->seconds_waited() / seconds();
      values.emplace_back("waiting_share", waiting);
      text += fmt::format("  {:.0f} % waiting for pictures", 100 * waiting);
    }
    progress.update(progressed_.step, text, values);
  }

  StepResult step(bool with_gradient_norms) {
    const bool probed =
        options_.probe_every > 0 && is_due(options_.probe_every, progressed_.step + 1);
    const auto probe_g = probed ? std::make_shared<Probe>() : nullptr;
    const auto probe_d = probed ? std::make_shared<Probe>() : nullptr;
    networks_.generator->main->set_probe(probe_g);
    networks_.discriminator->main->set_probe(probe_d);
    const torch::Tensor real = to_network_range(loader_->next());
    const torch::Tensor latents =
        training_latents(data_seed_, progressed_.step + 1, options_.batch_size, options_.nz)
            .to(device_);
    const double factor = schedule_factor(schedule_, progressed_.step, options_.steps);
    networks_.optimizer_g.options.lr = options_.lr_g * factor;
    networks_.optimizer_d.options.lr = options_.lr_d * factor;
    const StepResult result = checked_step(real, latents, with_gradient_norms);
    progressed_.step += 1;
    progressed_.images_seen += options_.batch_size;
    if (probed) {
      log_->write_probe(progressed_.step, "generator", *probe_g);
      log_->write_probe(progressed_.step, "discriminator", *probe_d);
    }
    return result;
  }

  // With --check-finite a norm throws on the first input that is not finite.
  StepResult checked_step(const torch::Tensor& real, const torch::Tensor& latents,
                          bool with_gradient_norms) {
    if (!options_.check_finite) {
      return train_step(networks_, real, latents, with_gradient_norms);
    }
    try {
      return train_step(networks_, real, latents, with_gradient_norms);
    } catch (const c10::ValueError& error) {
      throw Diverged{progressed_.step + 1, first_line(error.what_without_backtrace())};
    }
  }

  // Returns the deviation of the grid's images over the latents.
  double write_samples() {
    const double deviation = write_sample_grid(networks_, options_, run_, progressed_.step);
    log_->write_grid(progressed_.step);
    return deviation;
  }

  void record(const StepResult& result, bool logged, Progress& progress) {
    Metrics metrics{{"step", static_cast<double>(progressed_.step)}};
    if (logged) {
      metrics = to_metrics(result, progressed_.step, progressed_.images_seen, dataset_->size());
      if (schedule_ != Schedule::kConstant) {
        metrics.emplace_back("lr_g", networks_.optimizer_g.options.lr);
        metrics.emplace_back("lr_d", networks_.optimizer_d.options.lr);
      }
      if (progressed_.rollbacks > 0) {
        metrics.emplace_back("rollbacks", static_cast<double>(progressed_.rollbacks));
      }
    }
    const bool evaluated = options_.eval_every > 0 && is_due(options_.eval_every, progressed_.step);
    if (evaluated && is_savable()) measure(metrics);
    const bool sampled = is_due(options_.sample_every, progressed_.step);
    if (sampled) metrics.emplace_back("sample_std", write_samples());
    const std::string warning = collapse_.check(metrics);
    if (!warning.empty()) {
      progress.warning(fmt::format("step {}: {}", progressed_.step, warning));
    }
    if (logged) {
      metrics.emplace_back("seconds", seconds());
      metrics.emplace_back("images_per_second", images_per_second());
    }
    if (logged || sampled || evaluated) log_->write(metrics);
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

  void save(Progress& progress) {
    if (is_savable()) {
      checkpoints_.save(content(), progressed_.step, log_->files());
      saved_step_ = progressed_.step;
    } else {
      progress.warning(fmt::format("step {} is not finite and not saved", progressed_.step));
    }
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

  TrainOptions options_;
  RunDirectory run_;
  torch::Device device_;
  std::unique_ptr<Dataset> dataset_;
  Networks networks_;
  std::optional<Loader> loader_;
  CheckpointStore checkpoints_;
  Progressed progressed_;
  OnDivergence on_divergence_;
  Schedule schedule_;
  double real_std_;
  CollapseWatch collapse_;
  uint64_t data_seed_ = 0;
  std::optional<RunLog> log_;
  std::optional<RunEvaluator> evaluator_;  // with --eval-every
  double most_seconds_ = 0;
  Clock::time_point began_;  // set once: what --max-time counts from
  Clock::time_point start_;
  int64_t first_step_ = 0;
  int64_t saved_step_ = -1;
  bool resumed_ = false;
  fs::path weights_from_;  // with --finetune
  std::string changes_;
  ProgressStyle style_ = ProgressStyle::kText;
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
    return Training(std::move(request), run, device, std::move(dataset), std::move(features)).run();
  } catch (const std::exception&) {
    run.remove_if_empty();
    throw;
  }
}

}  // namespace dcgan
