// The generator's first stage: a matrix product [batch] x [latent] x [4][4][channels], as one
// product a tap, so that panels do not straddle taps. Tasks own taps: the batch is too small to
// cut.

#include "models/kernels/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/kernels/project4x4.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "models/kernels/conv4x4.h"
#include "models/kernels/conv4x4_arguments.h"
#include "models/kernels/gemm-inl.h"
#include "models/kernels/packing-inl.h"
#include "models/kernels/parallel.h"
#include "models/kernels/scratch.h"
#include "models/kernels/unpacking-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Samples whose gradients are summed in registers before they go to memory.
constexpr int64_t kSampleBlock = 128;

// Latents [begin, end): w[z][c][tap] to tap's row z, column c.
template <typename T>
HWY_INLINE void project_pack(const ProjectArguments<T>& arguments, int64_t begin, int64_t end) {
  const hn::ScalableTag<T> d;
  const int64_t channels = arguments.channels;
  const int64_t depth = arguments.latent;
  const int64_t tap_size = depth * padded_columns(channels);
  for (int64_t column = 0; column < channels;) {
    const int64_t width = panel_width(d, column, channels);
    for (int64_t z = begin; z < end; ++z) {
      for (int64_t kh = 0; kh < 4; ++kh) {
        for (int64_t j = 0; j < width; j += 4) {
          transpose_quad(arguments.weight + (z * channels + column + j) * 16 + kh * 4, 16,
                         HWY_MIN(4, channels - column - j), HWY_MIN(4, width - j),
                         arguments.packed + kh * 4 * tap_size + column * depth + z * width + j,
                         tap_size);
        }
      }
    }
    column += width;
  }
}

template <typename T>
HWY_INLINE void project_taps(const ProjectArguments<T>& arguments, int64_t begin, int64_t end) {
  const hn::ScalableTag<T> d;
  const int64_t channels = arguments.channels;
  const int64_t tap_size = arguments.latent * padded_columns(channels);
  const int64_t batch = arguments.batch;
  int64_t* a_offset = scratch<int64_t>(Scratch::kOffsets, static_cast<size_t>(2 * batch));
  int64_t* c_offset = a_offset + batch;
  for (int64_t n = 0; n < batch; ++n) {
    a_offset[n] = n * arguments.latent;
    c_offset[n] = n * 16 * channels;
  }
  const BiasLeaky<T> epilogue = {arguments.epilogue.bias, arguments.epilogue.slope};
  for (int64_t tap = begin; tap < end; ++tap) {
    multiply_rows(d, ScatteredRows<const T>{arguments.x, a_offset},
                  Reduction{1, arguments.latent, 0}, arguments.packed + tap * tap_size, channels,
                  ScatteredRows<T>{arguments.y + tap * channels, c_offset}, batch, epilogue);
  }
}

// Sums of taps [begin, end): tap's row z, column c = sum over n of x[n,z] * dy[n,tap,c].
template <typename T>
HWY_INLINE void project_gradient_taps(const ProjectArguments<T>& arguments, int64_t begin,
                                      int64_t end) {
  const hn::ScalableTag<T> d;
  const int64_t channels = arguments.channels;
  const int64_t latent = arguments.latent;
  const int64_t rows = round_up(latent, 4);  // as multiply_pixels wants them
  const int64_t block = HWY_MIN(arguments.batch, kSampleBlock + 0);
  T* a = scratch<T>(Scratch::kStrip, static_cast<size_t>(block * rows));
  T* operand = scratch<T>(Scratch::kOperand, static_cast<size_t>(block * padded_columns(channels)));
  for (int64_t n = 0; n < arguments.batch; n += block) {
    const int64_t count = HWY_MIN(block, arguments.batch - n);
    for (int64_t i = 0; i < count; ++i) {
      const T* x = arguments.x + (n + i) * latent;
      for (int64_t z = 0; z < rows; ++z) a[i * rows + z] = z < latent ? x[z] : T(0);
    }
    const int64_t origin = 0;
    const PixelRuns samples = {&origin, 1, count, rows};
    for (int64_t tap = begin; tap < end; ++tap) {
      pack_panels(d, arguments.dy + (n * 16 + tap) * channels, count, 16 * channels, channels,
                  operand);
      T* sums = arguments.packed + tap * rows * padded_columns(channels);
      multiply_pixel_panels(d, a, samples, count, operand, channels, sums, rows, rows, n == 0);
    }
  }
}

// Latents [begin, end) of dw from the sums.
template <typename T>
HWY_INLINE void project_gradient_write(const ProjectArguments<T>& arguments, int64_t begin,
                                       int64_t end) {
  const hn::ScalableTag<T> d;
  const int64_t channels = arguments.channels;
  const int64_t rows = round_up(arguments.latent, 4);
  const int64_t tap_size = rows * padded_columns(channels);
  for (int64_t z = begin; z < end; ++z) {
    for (int64_t column = 0; column < channels;) {
      const int64_t width = panel_width(d, column, channels);
      const int64_t valid = HWY_MIN(width, channels - column);
      for (int64_t j = 0; j < valid; j += 4) {
        for (int64_t kh = 0; kh < 4; ++kh) {
          unpack_quad(arguments.packed + kh * 4 * tap_size + column * rows + z * width + j,
                      tap_size, HWY_MIN(4, valid - j),
                      arguments.dw + (z * channels + column + j) * 16 + kh * 4, 16);
        }
      }
      column += width;
    }
  }
}

#define DCGAN_PROJECT(NAME)                                                                \
  void NAME##_f32(const ProjectArguments<float>& arguments, int64_t begin, int64_t end) {  \
    NAME(arguments, begin, end);                                                           \
  }                                                                                        \
  void NAME##_f64(const ProjectArguments<double>& arguments, int64_t begin, int64_t end) { \
    NAME(arguments, begin, end);                                                           \
  }
DCGAN_PROJECT(project_pack)
DCGAN_PROJECT(project_taps)
DCGAN_PROJECT(project_gradient_taps)
DCGAN_PROJECT(project_gradient_write)
#undef DCGAN_PROJECT

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "models/kernels/dispatch.h"

namespace dcgan::kernels {

DCGAN_EXPORT(project_pack);
DCGAN_EXPORT(project_taps);
DCGAN_EXPORT(project_gradient_taps);
DCGAN_EXPORT(project_gradient_write);

namespace {

void check_project(const char* function, int64_t batch, int64_t latent, int64_t channels) {
  check_positive(function, "batch", batch);
  check_positive(function, "latent", latent);
  check_positive(function, "channels", channels);
}

}  // namespace

template <typename T>
void project_forward(int64_t batch, int64_t latent, int64_t channels, const T* x, const T* weight,
                     T* y, const Epilogue<T>& epilogue) {
  check_project("project_forward", batch, latent, channels);
  ProjectArguments<T> arguments = {};
  arguments.batch = batch;
  arguments.latent = latent;
  arguments.channels = channels;
  arguments.x = x;
  arguments.weight = weight;
  arguments.packed =
      scratch<T>(Scratch::kWeights, static_cast<size_t>(16 * latent * padded_columns(channels)));
  arguments.y = y;
  arguments.epilogue = pad_bias(epilogue, channels);
  parallel_for(latent, [&](int64_t begin, int64_t end) {
    DCGAN_DISPATCH(project_pack, T)(arguments, begin, end);
  });
  parallel_for(16, [&](int64_t begin, int64_t end) {
    DCGAN_DISPATCH(project_taps, T)(arguments, begin, end);
  });
}

template <typename T>
void project_weight_gradient(int64_t batch, int64_t latent, int64_t channels, const T* x,
                             const T* dy, T* dw) {
  check_project("project_weight_gradient", batch, latent, channels);
  ProjectArguments<T> arguments = {};
  arguments.batch = batch;
  arguments.latent = latent;
  arguments.channels = channels;
  arguments.x = x;
  arguments.dy = dy;
  arguments.packed = scratch<T>(
      Scratch::kPartial, static_cast<size_t>(16 * round_up(latent, 4) * padded_columns(channels)));
  arguments.dw = dw;
  parallel_for(16, [&](int64_t begin, int64_t end) {
    DCGAN_DISPATCH(project_gradient_taps, T)(arguments, begin, end);
  });
  parallel_for(latent, [&](int64_t begin, int64_t end) {
    DCGAN_DISPATCH(project_gradient_write, T)(arguments, begin, end);
  });
}

#define DCGAN_INSTANTIATE(T)                                                       \
  template void project_forward(int64_t, int64_t, int64_t, const T*, const T*, T*, \
                                const Epilogue<T>&);                               \
  template void project_weight_gradient(int64_t, int64_t, int64_t, const T*, const T*, T*);
DCGAN_INSTANTIATE(float)
DCGAN_INSTANTIATE(double)
#undef DCGAN_INSTANTIATE

}  // namespace dcgan::kernels

#endif  // HWY_ONCE
