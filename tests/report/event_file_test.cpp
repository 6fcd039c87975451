#include "report/event_file.h"
#include "report/tfrecord.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "temporary_folder.h"

namespace dcgan {
namespace {

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Places where records begin, by their lengths; -1 at the end if the last one is torn.
std::vector<int64_t> records(const std::string& bytes) {
  std::vector<int64_t> places;
  size_t at = 0;
  while (at < bytes.size()) {
    uint64_t length = 0;
    if (at + 12 > bytes.size()) return places.push_back(-1), places;
    std::memcpy(&length, bytes.data() + at, sizeof(length));
    if (at + 16 + length > bytes.size()) return places.push_back(-1), places;
    places.push_back(static_cast<int64_t>(at));
    at += 16 + length;
  }
  return places;
}

Metrics line(double step) { return {{"step", step}, {"loss_d", step / 10}}; }

// TensorBoard's own reader is asked in tests/cli/test_tensorboard.py.
TEST(EventFile, ChecksumIsTheStandards) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);  // RFC 3720, appendix B.4, and the usual check value
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c(""), 0u);
}

TEST(EventFile, GoesOnBehindTheLastSavedStep) {
  const TemporaryFolder folder;
  const auto path = folder / "events.out.tfevents.x";
  {
    EventFile file(path, 0, {});
    for (int step = 1; step <= 5; ++step) file.write(line(step));
  }
  const std::string whole = bytes_of(path);
  {
    EventFile file(path, 3, {});
    EXPECT_LT(bytes_of(path).size(), whole.size());
    for (int step = 4; step <= 5; ++step) file.write(line(step));
  }
  EXPECT_EQ(records(bytes_of(path)).size(), records(whole).size());
}

TEST(EventFile, ATailTornAnywhereIsRemoved) {
  const TemporaryFolder folder;
  const auto path = folder / "events.out.tfevents.x";
  {
    EventFile file(path, 0, {});
    for (int step = 1; step <= 3; ++step) file.write(line(step));
  }
  const std::string whole = bytes_of(path);
  const auto places = records(whole);
  for (size_t size = static_cast<size_t>(places.back()) + 1; size < whole.size(); ++size) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    const EventFile file(path, 100, {});
    EXPECT_EQ(bytes_of(path), whole.substr(0, static_cast<size_t>(places.back()))) << size;
  }
}

TEST(EventFile, ARecordWithAFlippedBitEndsWhatIsKept) {
  const TemporaryFolder folder;
  const auto path = folder / "events.out.tfevents.x";
  {
    EventFile file(path, 0, {});
    for (int step = 1; step <= 3; ++step) file.write(line(step));
  }
  std::string damaged = bytes_of(path);
  const auto places = records(damaged);
  damaged[static_cast<size_t>(places[places.size() - 2]) + 14] ^= 1;
  std::ofstream(path, std::ios::binary | std::ios::trunc) << damaged;
  const EventFile file(path, 100, {});
  EXPECT_EQ(static_cast<int64_t>(bytes_of(path).size()), places[places.size() - 2]);
}

}  // namespace
}  // namespace dcgan
