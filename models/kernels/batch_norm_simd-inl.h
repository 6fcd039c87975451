// Loads, stores and formulas shared by the batch-norm kernels, for one instruction set.
// Included once per target by Highway's foreach_target; defines no symbol outside HWY_NAMESPACE.

#if defined(DCGAN_BATCH_NORM_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DCGAN_BATCH_NORM_SIMD_INL_H_
#undef DCGAN_BATCH_NORM_SIMD_INL_H_
#else
#define DCGAN_BATCH_NORM_SIMD_INL_H_
#endif

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "models/kernels/batch_norm_constants.h"
#include "models/kernels/batch_norm_tiles.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using TagOf = hn::ScalableTag<ComputeType<T>>;

// Whether masked loads and stores of whole words neither read nor write where the mask is off.
#undef DCGAN_SAFE_MASKS
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
#define DCGAN_SAFE_MASKS 1
#else
#define DCGAN_SAFE_MASKS 0
#endif

// Vector registers decide how many vectors of columns a loop over rows can keep state for.
#if HWY_TARGET == HWY_AVX3
inline constexpr bool kManyRegisters = true;
#else
inline constexpr bool kManyRegisters = false;
#endif

// ---- Elements in and out, computed in float or double ----

template <class D, class F>
HWY_INLINE hn::Vec<D> load(D d, const F* p) {
  return hn::LoadU(d, p);
}

template <class D>
HWY_INLINE hn::Vec<D> load(D d, const BFloat16* p) {
  const hn::Rebind<uint16_t, D> d16;
  const hn::RebindToUnsigned<D> d32;
  return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(d32, hn::LoadU(d16, &p->bits))));
}

template <bool kStream, class D, class F>
HWY_INLINE void store(D d, hn::Vec<D> v, F* p) {
  if constexpr (kStream) {
    hn::Stream(v, d, p);
  } else {
    hn::StoreU(v, d, p);
  }
}

// Rounds to nearest, ties to even, and keeps NaN a NaN.
template <bool kStream, class D>
HWY_INLINE void store(D /*d*/, hn::Vec<D> v, BFloat16* p) {
  const hn::Rebind<uint16_t, D> d16;
  const hn::RebindToUnsigned<D> d32;
  const hn::RebindToSigned<D> di32;
  const auto bits = hn::BitCast(d32, v);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d32, 1));
  const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(d32, 0x7FFF)));
  const auto quiet = hn::Or(bits, hn::Set(d32, 0x400000));
  const auto either = hn::IfThenElse(hn::RebindMask(d32, hn::IsNaN(v)), quiet, rounded);
  const auto halves = hn::DemoteTo(d16, hn::BitCast(di32, hn::ShiftRight<16>(either)));
  if constexpr (kStream && hn::MaxLanes(D()) >= 8) {
    hn::Stream(halves, d16, &p->bits);
  } else {
    hn::StoreU(halves, d16, &p->bits);  // less than a 128-bit vector cannot be streamed
  }
}

// The first n < Lanes(d) elements; the other lanes are zero.
template <class D, class T>
HWY_INLINE hn::Vec<D> load_first(D d, const T* p, int64_t n) {
#if DCGAN_SAFE_MASKS
  if constexpr (sizeof(T) >= 4) {
    return hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(n)), d, p);
  }
#endif
  HWY_ALIGN T buffer[hn::MaxLanes(d)] = {};
  for (int64_t i = 0; i < n; ++i) buffer[i] = p[i];
  return load(d, buffer);
}

template <class D, class T>
HWY_INLINE void store_first(D d, hn::Vec<D> v, T* p, int64_t n) {
#if DCGAN_SAFE_MASKS
  if constexpr (sizeof(T) >= 4) {
    hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(n)), d, p);
    return;
  }
#endif
  HWY_ALIGN T buffer[hn::MaxLanes(d)];
  store<false>(d, v, buffer);
  for (int64_t i = 0; i < n; ++i) p[i] = buffer[i];
}

template <class T>
HWY_INLINE double to_double(T value) {
  return static_cast<double>(value);
}

template <class T>
HWY_INLINE ComputeType<T> to_compute(T value) {
  return value;
}
HWY_INLINE float to_compute(BFloat16 value) {
  const hn::CappedTag<float, 1> d;
  return hn::GetLane(load(d, &value));
}

// Asks for the cache lines that kVectors vectors of T at p lie in (p may be past the tensor).
template <int kVectors, class D, class T>
HWY_INLINE void prefetch_vectors(D d, const T* p) {
  constexpr int64_t kLine = 64 / static_cast<int64_t>(sizeof(T));
  constexpr int64_t kLength = kVectors * static_cast<int64_t>(hn::MaxLanes(d));
#pragma GCC unroll 8
  for (int64_t i = 0; i < kLength; i += kLine) hwy::Prefetch(p + i);
}

// ---- Formulas. Forward and backward share them, so that both see the same z bit for bit ----

template <class V>
HWY_INLINE V pre_activation(V centered, V scale, V offset) {
  return hn::MulAdd(centered, scale, offset);
}

template <bool kActivation, class D, class V = hn::Vec<D>>
HWY_INLINE V activate(D d, V z, V slope) {
  if constexpr (!kActivation) return z;
  return hn::IfThenElse(hn::Gt(z, hn::Zero(d)), z, hn::Mul(z, slope));
}

// The gradient at z from the one at y.
template <bool kActivation, class D, class V = hn::Vec<D>>
HWY_INLINE V gradient_at_z(D d, V z, V dy, V slope) {
  if constexpr (!kActivation) return dy;
  return hn::IfThenElse(hn::Gt(z, hn::Zero(d)), dy, hn::Mul(dy, slope));
}

// ---- Walking over a row of columns ----

// Calls body.block<J>(column) for J vectors of columns at a time, J at most kVectors (1, 2, 4 or
// 8), then body.tail(column, n) for the n < Lanes columns that remain.
template <int kVectors, class Body>
HWY_INLINE void for_column_blocks(const Body& body, int64_t width) {
  constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(typename Body::Tag()));
  int64_t column = 0;
  for (; column + kVectors * kLanes <= width; column += kVectors * kLanes) {
    body.template block<kVectors>(column);
  }
  if constexpr (kVectors > 4) {
    if (column + 4 * kLanes <= width) {
      body.template block<4>(column);
      column += 4 * kLanes;
    }
  }
  if constexpr (kVectors > 2) {
    if (column + 2 * kLanes <= width) {
      body.template block<2>(column);
      column += 2 * kLanes;
    }
  }
  if constexpr (kVectors > 1) {
    if (column + kLanes <= width) {
      body.template block<1>(column);
      column += kLanes;
    }
  }
  if (column < width) body.tail(column, width - column);
}

// Sums over the columns of each channel of a kColumns tile. `columns` holds tile.width values
// and is readable up to one vector further; `out` has room for tile.channels plus one vector.
template <class F>
HWY_INLINE void fold_columns(const Tile& tile, const F* HWY_RESTRICT columns, F* HWY_RESTRICT out) {
  const hn::ScalableTag<F> d;
  constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(d));
  if (tile.run == 1) {
    for (int64_t c = 0; c < tile.channels; c += kLanes) {
      auto sum = hn::LoadU(d, columns + c);
      for (int64_t at = tile.channels + c; at < tile.width; at += tile.channels) {
        sum = hn::Add(sum, hn::LoadU(d, columns + at));
      }
      hn::StoreU(sum, d, out + c);
    }
    return;
  }
  for (int64_t c = 0; c < tile.channels; ++c) {
    const F* run = columns + c * tile.run;
    auto sum = hn::Zero(d);
    int64_t i = 0;
    for (; i + kLanes <= tile.run; i += kLanes) sum = hn::Add(sum, hn::LoadU(d, run + i));
    F total = hn::GetLane(hn::SumOfLanes(d, sum));
    for (; i < tile.run; ++i) total += run[i];
    out[c] = total;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#endif
