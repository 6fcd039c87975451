// Tests that run once for every instruction set that this processor has and the kernels are
// compiled for.
#pragma once

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

// In front of Highway, whose headers read what it sets; the comment keeps the two apart for
// clang-format.
#include "models/kernels/highway_targets.h"
//
#include <hwy/highway.h>
#include <hwy/targets.h>

namespace dcgan::kernels::testing {

class EveryTarget : public ::testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { choose(GetParam()); }
  void TearDown() override {
    choose(0);
    at::set_num_threads(threads_);
  }

 private:
  static void choose(int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }

  const int threads_ = at::get_num_threads();
};

inline std::string target_name(const ::testing::TestParamInfo<int64_t>& info) {
  return hwy::TargetName(info.param);
}

#define DCGAN_EVERY_TARGET(FIXTURE)                                                             \
  INSTANTIATE_TEST_SUITE_P(, FIXTURE, ::testing::ValuesIn(hwy::SupportedAndGeneratedTargets()), \
                           ::dcgan::kernels::testing::target_name)

}  // namespace dcgan::kernels::testing
