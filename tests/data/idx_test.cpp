#include "data/idx.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <fstream>

#include "common/data_files.h"
#include "data/digits.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace dcgan {
namespace {

std::filesystem::path write(const TemporaryFolder& folder, const std::string& bytes) {
  const auto path = folder / "file";
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::string idx(uint8_t type, const std::vector<uint32_t>& sizes, const std::string& payload) {
  std::string bytes{0, 0, static_cast<char>(type), static_cast<char>(sizes.size())};
  for (const uint32_t size : sizes) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift);
  }
  return bytes + payload;
}

TEST(Idx, PlainFileIsRead) {
  const TemporaryFolder folder;
  const auto images = read_idx(write(folder, idx(8, {2, 1, 3}, "abcdef")));
  EXPECT_EQ(images.sizes(), (std::vector<int64_t>{2, 1, 3}));
  EXPECT_EQ(images[1][0][2].item<uint8_t>(), 'f');
}

TEST(Idx, DefectsAreNamedBeforeMemoryIsTaken) {
  const TemporaryFolder folder;
  const auto expect = [&](const std::string& bytes, const std::string& part) {
    expect_error(ExitCode::kData, part, [&] { read_idx(write(folder, bytes)); });
  };
  expect("", "an empty file");
  expect("abc", "no IDX file");
  expect("<!DOCTYPE html>", "web page");
  expect(idx(0x0d, {2}, "xxxxxxxx"), "expected unsigned bytes");
  expect(idx(8, {60000, 28, 28}, std::string(78400, 'x')),
         "claims 47040000 values, 78400 are there");
  expect(idx(8, {0xffffffff, 0xffffffff, 0xffffffff}, ""), "dimension 1 of its header");
  expect(idx(8, {5}, "123456"), "longer than the 5 values that its header claims");
  expect(idx(8, {5, 0}, ""), "dimension 1 of its header says 0");
  expect(idx(8, {5}, "").substr(0, 6), "ends within its header");
  expect(std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03garbage", 17), "");
  expect_error(ExitCode::kData, "cannot read", [&] { read_idx(folder / "absent"); });
  expect_error(ExitCode::kData, "cannot read", [&] { read_idx(folder.path()); });
}

TEST(Digits, AreTheFiveThousandAndKeepTheirPixels) {
  const auto digits = open_digits(32, 1);
  EXPECT_EQ(digits->size(), 5000);
  const auto images = digits->images(torch::arange(5000));
  EXPECT_EQ(images.sizes(), (std::vector<int64_t>{5000, 32, 32, 1}));
  const auto raw = read_idx(find_data_file("digits/images-idx3-ubyte.gz"));
  EXPECT_TRUE(torch::equal(images.slice(1, 2, 30).slice(2, 2, 30).squeeze(3), raw));
  EXPECT_EQ(images.slice(1, 0, 2).max().item<uint8_t>(), 0);
  const auto labels = read_idx(find_data_file("digits/labels-idx1-ubyte.gz"));
  EXPECT_TRUE(torch::equal(labels.to(torch::kInt64).bincount(), torch::full({10}, 500)));
}

TEST(Digits, OtherSizesAndColoursAreMade) {
  const auto digits = open_digits(64, 3);
  const auto images = digits->images(torch::arange(3));
  EXPECT_EQ(images.sizes(), (std::vector<int64_t>{3, 64, 64, 3}));
  EXPECT_TRUE(torch::equal(images.select(3, 0), images.select(3, 2)));
}

}  // namespace
}  // namespace dcgan
