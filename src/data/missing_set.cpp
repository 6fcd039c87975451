#include "data/missing_set.h"

#include <array>
#include <cctype>
#include <filesystem>
#include <string_view>
#include <vector>

#include "common/text.h"
#include "data/open.h"

namespace dcgan {
namespace {

// Data sets that people name and the program does not bring along. The keys are without case and
// punctuation; a name that begins with one of them is meant.
struct KnownSet {
  std::string_view key;
  const char* way;
};
constexpr std::array<KnownSet, 10> kKnownSets{{
    {"cifar100",
     "get https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz, unpack it and name the folder "
     "cifar-100-binary"},
    {"cifar",
     "get https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz, unpack it and name the folder "
     "cifar-10-batches-bin"},
    {"celeba",
     "get img_align_celeba.zip from https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html, unpack it "
     "and name the folder img_align_celeba"},
    {"imgalignceleba",
     "get img_align_celeba.zip from https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html, unpack it "
     "and name the folder img_align_celeba"},
    {"fashionmnist", "the set is called fashion"},
    {"fmnist", "the set is called fashion"},
    {"stackedmnist", "the set is called stacked-digits"},
    {"mnist",
     "the set digits has 5,000 of its digits; for all of them name a folder with "
     "train-images-idx3-ubyte.gz"},
    {"emnist", "name a folder with its IDX files, emnist-letters-train-images-idx3-ubyte.gz say"},
    {"lsun", "unpack its pictures and name their folder"},
}};

std::string letters_and_digits(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return plain;
}

}  // namespace

std::string describe_missing_set(const std::string& data) {
  if (data.find("://") != std::string::npos || data.starts_with("www.")) {
    return "dcgan loads nothing from the network: download it, unpack it and name the folder";
  }
  const std::string what = "no such folder, and no set of this name";
  const std::string plain =
      letters_and_digits(std::filesystem::path(data + "/").parent_path().filename().string());
  for (const KnownSet& set : kKnownSets) {
    if (plain.starts_with(set.key)) return what + "; " + set.way;
  }
  const std::string nearest = nearest_name(data, named_sets());
  return nearest.empty() ? what : what + "; did you mean " + nearest + "?";
}

}  // namespace dcgan
