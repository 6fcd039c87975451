#pragma once

#include <cstddef>
#include <string>

namespace dcgan::kernels {

/// Bits of the vectors that the kernels use on this processor: 256 with AVX2, 512 with AVX-512.
size_t vector_bits();

/// Highway's name of that instruction set: "AVX2", "AVX3", ...
std::string vector_target();

}  // namespace dcgan::kernels
