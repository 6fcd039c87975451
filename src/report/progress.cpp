#include "report/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "common/text.h"

namespace dcgan {
namespace {

constexpr std::chrono::milliseconds kLiveInterval{100};
constexpr std::chrono::seconds kLineInterval{10};

bool is_live_terminal() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

size_t terminal_width() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

bool is_quiet(ProgressStyle style) {
  return style == ProgressStyle::kQuiet || style == ProgressStyle::kQuietJson;
}

}  // namespace

Progress::Progress(int64_t done, int64_t total, ProgressStyle style, std::string unit)
    : first_(done),
      total_(total),
      style_(style),
      unit_(std::move(unit)),
      live_(style == ProgressStyle::kText && is_live_terminal()) {}

Progress::~Progress() { finish(); }

bool Progress::due(int64_t step) const {
  if (is_quiet(style_)) return false;
  if (!shown_ || step == total_) return true;
  const auto since = Clock::now() - last_shown_;
  return live_ ? since >= kLiveInterval : since >= kLineInterval;
}

void Progress::update(int64_t step, const std::string& details, const Metrics& values) {
  if (!due(step)) return;
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  const double left = step > first_ ? seconds / static_cast<double>(step - first_) *
                                          static_cast<double>(total_ - step)
                                    : 0;
  if (style_ == ProgressStyle::kJson) {
    Metrics line{{unit_, static_cast<double>(step)}, {"of", static_cast<double>(total_)}};
    if (step > first_) line.emplace_back("seconds_left", left);
    line.insert(line.end(), values.begin(), values.end());
    std::fprintf(stderr, "%s\n", metrics_to_json(line).c_str());
  } else {
    std::string line = fmt::format("{} {}/{}", unit_, step, total_);
    if (step > first_) {
      line += step < total_ ? fmt::format("  {} left", format_duration(left))
                            : fmt::format("  took {}", format_duration(seconds));
    }
    line += "  " + details;
    if (live_) {
      line.resize(std::min(line.size(), terminal_width() - 1));
      std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
      line_open_ = true;
    } else {
      std::fprintf(stderr, "%s\n", line.c_str());
    }
  }
  std::fflush(stderr);
  shown_ = true;
  last_shown_ = Clock::now();
}

void Progress::message(const std::string& text) {
  if (is_quiet(style_)) return;
  if (style_ == ProgressStyle::kJson) {
    std::fprintf(stderr, "%s\n", metrics_to_json({{"message", text}}).c_str());
    return;
  }
  if (line_open_) std::fprintf(stderr, "\r\x1b[K");
  line_open_ = false;
  std::fprintf(stderr, "%s\n", text.c_str());
}

void Progress::warning(const std::string& text) {
  if (style_ == ProgressStyle::kJson || style_ == ProgressStyle::kQuietJson) {
    std::fprintf(stderr, "%s\n", metrics_to_json({{"warning", text}}).c_str());
  } else if (style_ == ProgressStyle::kQuiet) {
    std::fprintf(stderr, "warning: %s\n", text.c_str());
  } else {
    message("warning: " + text);
  }
}

void Progress::finish() {
  if (line_open_) std::fprintf(stderr, "\n");
  line_open_ = false;
}

std::function<void(int64_t, int64_t)> delayed_progress(ProgressStyle style, const std::string& unit,
                                                       const std::string& details) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  auto progress = std::make_shared<std::unique_ptr<Progress>>();
  return [=](int64_t done, int64_t total) {
    constexpr std::chrono::seconds kPatience{1};
    if (Clock::now() - start < kPatience) return;
    if (!*progress) *progress = std::make_unique<Progress>(done, total, style, unit);
    (*progress)->update(done, details);
  };
}

}  // namespace dcgan
