#pragma once

namespace dcgan::bench {

// FLOP/s that all of at::get_num_threads() threads reach together with independent fused
// multiply-adds on registers, in float.
double fma_peak();

// FLOP/s of LibTorch's best square float matrix product among 512, 1024 and 2048.
double matrix_product_peak();

}  // namespace dcgan::bench
