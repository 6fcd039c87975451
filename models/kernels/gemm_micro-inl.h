// The two register tiles that all kernels are made of.
//
// dot_tile:   C[r, :] (+)= sum over k of A[r][k] * B[k, :], rows of A anywhere in memory.
// outer_tile: C[r, :] (+)= sum over pixels p of A[p][r] * B[p, :], pixels of A at a fixed step.
//
// A is read in place, one element broadcast at a time: an output pixel's window is four runs of
// contiguous channels in a padded NHWC map, so nothing is gained by copying windows out (im2col),
// which would write every input element four times.

#if defined(DCGAN_KERNELS_GEMM_MICRO_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DCGAN_KERNELS_GEMM_MICRO_INL_H_
#undef DCGAN_KERNELS_GEMM_MICRO_INL_H_
#else
#define DCGAN_KERNELS_GEMM_MICRO_INL_H_
#endif

#include <hwy/highway.h>

#include "models/kernels/blocking-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// An epilogue is called as epilogue(d, value, column) on finished sums just before they are stored;
// column is that of the first lane, and column + lanes may pass the matrix' end by less than a
// panel. A later one (normalise and activate, per-channel sums) goes in here.
struct NoEpilogue {
  template <class D, class V>
  HWY_INLINE V operator()(D /*d*/, V value, int64_t /*column*/) const {
    return value;
  }
};

// leaky(value + bias[column]); bias padded to whole panels.
template <typename T>
struct BiasLeaky {
  const T* bias;
  T slope;

  template <class D, class V>
  HWY_INLINE V operator()(D d, V value, int64_t column) const {
    value = hn::Add(value, hn::LoadU(d, bias + column));
    return hn::IfThenElse(hn::Gt(value, hn::Zero(d)), value, hn::Mul(value, hn::Set(d, slope)));
  }
};

template <size_t kRows, size_t kVectors, class D>
struct Accumulators {
  hn::Vec<D> v[kRows][kVectors];

  HWY_INLINE void clear(D d) {
#pragma GCC unroll 16
    for (size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
      for (size_t i = 0; i < kVectors; ++i) v[r][i] = hn::Zero(d);
    }
  }

  // += column of A times row of B; a(r) gives the r-th element of the column.
  template <typename T, class Element>
  HWY_INLINE void add_product(D d, const Element& a, const T* HWY_RESTRICT b) {
    hn::Vec<D> right[kVectors];
#pragma GCC unroll 2
    for (size_t i = 0; i < kVectors; ++i) right[i] = hn::LoadU(d, b + i * hn::MaxLanes(d));
#pragma GCC unroll 16
    for (size_t r = 0; r < kRows; ++r) {
      const hn::Vec<D> left = hn::Set(d, a(r));
#pragma GCC unroll 2
      for (size_t i = 0; i < kVectors; ++i) v[r][i] = hn::MulAdd(left, right[i], v[r][i]);
    }
  }
};

// Where a tile of C goes and what happens to it on the way.
struct TileStore {
  int64_t column;   // of the tile's first lane, for the epilogue
  int64_t columns;  // that exist, 1 to the panel's width
  bool first;       // first block of the reduction: sets C, else adds to it
  bool last;        // last block: apply the epilogue
};

// The finished or partial sums of one row, added to C where kFirst is not set. The sum within a
// block starts from zero and is added to C as a whole, which rounds less than one running sum.
template <bool kFirst, bool kLast, size_t kVectors, class D, typename T, class Epilogue>
HWY_INLINE void store_row(D d, const hn::Vec<D>* sums, const T* old, T* c, int64_t column,
                          const Epilogue& epilogue) {
#pragma GCC unroll 2
  for (size_t i = 0; i < kVectors; ++i) {
    const size_t j = i * hn::MaxLanes(d);
    hn::Vec<D> value = sums[i];
    if constexpr (!kFirst) value = hn::Add(hn::LoadU(d, old + j), value);
    if constexpr (kLast) value = epilogue(d, value, column + static_cast<int64_t>(j));
    hn::StoreU(value, d, c + j);
  }
}

template <bool kFirst, bool kLast, size_t kRows, size_t kVectors, class D, typename T,
          class Epilogue>
HWY_INLINE void store_tile(D d, const Accumulators<kRows, kVectors, D>& sums, T* const* c,
                           const TileStore& store, const Epilogue& epilogue) {
  constexpr int64_t kWidth = kVectors * hn::MaxLanes(D());
  if (HWY_LIKELY(store.columns == kWidth)) {
#pragma GCC unroll 16
    for (size_t r = 0; r < kRows; ++r) {
      store_row<kFirst, kLast, kVectors>(d, sums.v[r], c[r], c[r], store.column, epilogue);
    }
    return;
  }
  HWY_ALIGN T edge[kWidth] = {};
#pragma GCC unroll 16
  for (size_t r = 0; r < kRows; ++r) {
    if constexpr (!kFirst) {
      for (int64_t j = 0; j < store.columns; ++j) edge[j] = c[r][j];
    }
    store_row<kFirst, kLast, kVectors>(d, sums.v[r], edge, edge, store.column, epilogue);
    for (int64_t j = 0; j < store.columns; ++j) c[r][j] = edge[j];
  }
}

// b: packed panel, kVectors vectors a row, reduction.depth() rows.
template <size_t kRows, size_t kVectors, class D, typename T, class Epilogue>
HWY_NOINLINE void dot_tile(D d, const T* const* a, const Reduction& reduction,
                           const T* HWY_RESTRICT b, T* const* c, const TileStore& store,
                           const Epilogue& epilogue) {
  Accumulators<kRows, kVectors, D> sums;
  sums.clear(d);
  const T* row[kRows];
#pragma GCC unroll 16
  for (size_t r = 0; r < kRows; ++r) row[r] = a[r];
  for (int64_t s = 0; s < reduction.segments; ++s) {
    for (int64_t k = 0; k < reduction.length; ++k) {
      sums.add_product(d, [&](size_t r) HWY_ATTR { return row[r][k]; }, b);
      b += kVectors * hn::MaxLanes(d);
    }
#pragma GCC unroll 16
    for (size_t r = 0; r < kRows; ++r) row[r] += reduction.stride;
  }
  if (store.first) {
    if (store.last) {
      store_tile<true, true>(d, sums, c, store, epilogue);
    } else {
      store_tile<true, false>(d, sums, c, store, epilogue);
    }
  } else if (store.last) {
    store_tile<false, true>(d, sums, c, store, epilogue);
  } else {
    store_tile<false, false>(d, sums, c, store, epilogue);
  }
}

// The pixels of an outer product: `count` runs of `columns` pixels; run i begins at element
// begin[i] of A, where pixels are `step` apart.
struct PixelRuns {
  const int64_t* begin;
  int64_t count;
  int64_t columns;
  int64_t step;
};

// b: packed panel, one row of kVectors vectors a pixel; c: kRows rows of the same width.
template <size_t kRows, size_t kVectors, class D, typename T>
HWY_NOINLINE void outer_tile(D d, const T* a, const PixelRuns& pixels, const T* HWY_RESTRICT b,
                             T* HWY_RESTRICT c, bool first) {
  constexpr size_t kWidth = kVectors * hn::MaxLanes(D());
  Accumulators<kRows, kVectors, D> sums;
  sums.clear(d);
  for (int64_t i = 0; i < pixels.count; ++i) {
    const T* HWY_RESTRICT left = a + pixels.begin[i];
    for (int64_t j = 0; j < pixels.columns; ++j) {
      sums.add_product(d, [&](size_t r) HWY_ATTR { return left[r]; }, b);
      left += pixels.step;
      b += kWidth;
    }
  }
#pragma GCC unroll 16
  for (size_t r = 0; r < kRows; ++r) {
    T* row = c + r * kWidth;
    if (first) {
      store_row<true, false, kVectors>(d, sums.v[r], row, row, 0, NoEpilogue());
    } else {
      store_row<false, false, kVectors>(d, sums.v[r], row, row, 0, NoEpilogue());
    }
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#endif  // DCGAN_KERNELS_GEMM_MICRO_INL_H_
