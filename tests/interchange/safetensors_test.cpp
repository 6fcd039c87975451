#include "interchange/safetensors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <torch/types.h>
#include <unistd.h>

#include <fstream>

#include "expect_error.h"
#include "temporary_folder.h"

namespace dcgan {
namespace {

std::string file_of(const std::string& json, const std::string& payload) {
  std::string bytes;
  for (size_t i = 0; i < 8; ++i) bytes += static_cast<char>(json.size() >> (8 * i));
  return bytes + json + payload;
}

void expect_refused(const std::string& bytes, const std::string& part) {
  const TemporaryFolder folder;
  const auto path = folder / "x.safetensors";
  std::ofstream(path, std::ios::binary) << bytes;
  expect_error(ExitCode::kCheckpoint, part, [&] { read_safetensors(path); });
}

TEST(Safetensors, EveryTypeAndShapeSurvives) {
  const TemporaryFolder folder;
  TensorFile content;
  content.metadata["note"] = "ä \"quoted\"\n";
  for (const auto type : {torch::kFloat32, torch::kFloat64, torch::kInt64, torch::kUInt8,
                          torch::kHalf, torch::kBFloat16, torch::kBool}) {
    content.tensors[std::string("t.") + c10::toString(type)] =
        (torch::randn({3, 5}) * 10).to(type).t();  // not contiguous
  }
  content.tensors["scalar"] = torch::tensor(42, torch::kInt64);
  content.tensors["empty"] = torch::empty({0, 3});
  write_safetensors(folder / "a.safetensors", content);
  const TensorFile read = read_safetensors(folder / "a.safetensors");
  EXPECT_EQ(read.metadata.at("note"), content.metadata.at("note"));
  ASSERT_EQ(read.tensors.size(), content.tensors.size());
  for (const auto& [name, tensor] : content.tensors) {
    EXPECT_EQ(read.tensors.at(name).dtype(), tensor.dtype()) << name;
    EXPECT_TRUE(torch::equal(read.tensors.at(name), tensor)) << name;
  }
}

TEST(Safetensors, EveryFlippedByteOfThePayloadIsNoticed) {
  const TemporaryFolder folder;
  TensorFile content;
  content.tensors["a"] = torch::arange(5, torch::kFloat32);
  const auto path = folder / "a.safetensors";
  write_safetensors(path, content);
  std::ifstream in(path, std::ios::binary);
  const std::string good(std::istreambuf_iterator<char>(in), {});
  for (size_t i = good.size() - 20; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    expect_refused(bad, "digest");
  }
  for (size_t size = 0; size < good.size(); ++size) {
    expect_refused(good.substr(0, size), "");
  }
}

// While it lives the process may take 64 MB more than it has: who believes a hostile file's sizes
// runs out of memory.
class LittleMemory {
 public:
  LittleMemory() {
    ::getrlimit(RLIMIT_AS, &before_);
    uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit limit = before_;
    limit.rlim_cur = pages * static_cast<uint64_t>(::getpagesize()) + (64 << 20);
#ifndef __SANITIZE_ADDRESS__  // whose own memory is address space as well
    ::setrlimit(RLIMIT_AS, &limit);
#endif
  }
  ~LittleMemory() { ::setrlimit(RLIMIT_AS, &before_); }
  LittleMemory(const LittleMemory&) = delete;
  LittleMemory& operator=(const LittleMemory&) = delete;

 private:
  rlimit before_{};
};

TEST(Safetensors, HostileFilesAreRefusedByTheirDefect) {
  const LittleMemory little;
  const auto entry = [](const std::string& name, const std::string& body) {
    return "\"" + name + "\":{" + body + "}";
  };
  const std::string a = entry("a", R"("dtype":"U8","shape":[2],"data_offsets":[0,2])");
  expect_refused("", "bytes");
  expect_refused("\xff\xff\xff\xff\xff\xff\xff\x7f{}", "header length 9223372036854775807");
  expect_refused(file_of("[1]", ""), "no JSON object");
  expect_refused(file_of("{\"a\":", ""), "no valid JSON");
  expect_refused(file_of("{" + a + "," + a + "}", "xx"), "duplicate tensor 'a'");
  expect_refused(file_of("{" + a + "}", "x"), "is cut");
  expect_refused(file_of("{" + a + "}", "xxx"), "after the last tensor");
  expect_refused(
      file_of("{" + a + "," + entry("b", R"("dtype":"U8","shape":[2],"data_offsets":[1,3])") + "}",
              "xxx"),
      "overlap");
  expect_refused(
      file_of("{" + entry("b", R"("dtype":"U8","shape":[2],"data_offsets":[1,3])") + "}", "xxx"),
      "gap");
  expect_refused(
      file_of("{" + entry("a", R"("dtype":"X9","shape":[2],"data_offsets":[0,2])") + "}", "xx"),
      "unknown dtype 'X9'");
  expect_refused(
      file_of(
          "{" +
              entry("a", R"("dtype":"F64","shape":[4611686018427387904,8],"data_offsets":[0,2])") +
              "}",
          "xx"),
      "overflows");
  expect_refused(
      file_of(
          "{" +
              entry("a",
                    R"("dtype":"U8","shape":[1099511627776],"data_offsets":[0,1099511627776])") +
              "}",
          "xx"),
      "is cut");
  expect_refused(std::string("\0\0\0\x40\0\0\0\0{}", 10), "header length 1073741824");
  expect_refused(
      file_of("{" + entry("a", R"("dtype":"U8","shape":[-2],"data_offsets":[0,2])") + "}", "xx"),
      "negative");
  expect_refused(file_of("{" + entry("a", R"("dtype":"U8","shape":[2])") + "}", "xx"),
                 "lacks data_offsets");
  expect_refused(file_of("{\"a\":{\"b\":{\"c\":{}}}}", ""), "nested too deep");
  expect_refused(file_of("{\"a\":[1]}", ""), "a list where none belongs");
  expect_refused("version https://git-lfs.github.com/spec/v1\noid sha256:...\n", "Git LFS pointer");
  expect_refused("<!DOCTYPE html><html></html>", "a web page");
  expect_refused(std::string("PK\x03\x04", 4) + std::string(60, '\0') + "xxxxxxxxx", "");
  expect_refused(file_of("{" + std::string(100000, '['), ""), "");
}

TEST(Safetensors, OtherWritersFilesWithoutDigestAreRead) {
  const TemporaryFolder folder;
  std::ofstream(folder / "x", std::ios::binary)
      << file_of(R"({"w":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}  )", "\x07\x08");
  EXPECT_EQ(read_safetensors(folder / "x").tensors.at("w")[1].item<int>(), 8);
}

TEST(Safetensors, AbsentFileAndFolderAreNamed) {
  const TemporaryFolder folder;
  expect_error(ExitCode::kCheckpoint, "No such file", [&] { read_safetensors(folder / "absent"); });
  expect_error(ExitCode::kCheckpoint, "no regular file", [&] { read_safetensors(folder.path()); });
}

}  // namespace
}  // namespace dcgan
