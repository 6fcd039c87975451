// From register tiles to blocks of a matrix product.

#if defined(DCGAN_KERNELS_GEMM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DCGAN_KERNELS_GEMM_INL_H_
#undef DCGAN_KERNELS_GEMM_INL_H_
#else
#define DCGAN_KERNELS_GEMM_INL_H_
#endif

#include <hwy/highway.h>

#include "models/kernels/blocking-inl.h"
#include "models/kernels/gemm_micro-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Rows of a matrix that may lie anywhere: row i begins at base + offset[i].
template <typename T>
struct ScatteredRows {
  T* base;
  const int64_t* offset;
};

// Rows [begin, begin + kRows) of one panel; rows from `end` on do not exist and are computed from
// the last row into nowhere: tiles have few shapes, and no result depends on its neighbours.
template <size_t kRows, size_t kVectors, class D, typename T, class Epilogue>
HWY_INLINE void multiply_tile(D d, const ScatteredRows<const T>& a, const Reduction& reduction,
                              const T* b, const ScatteredRows<T>& c, int64_t begin, int64_t end,
                              const TileStore& store, const Epilogue& epilogue) {
  HWY_ALIGN T nowhere[kVectors * hn::MaxLanes(D())];
  const T* a_row[kRows];
  T* c_row[kRows];
#pragma GCC unroll 16
  for (size_t r = 0; r < kRows; ++r) {
    const int64_t i = begin + static_cast<int64_t>(r);
    a_row[r] = a.base + a.offset[HWY_MIN(i, end - 1)];
    c_row[r] = i < end ? c.base + c.offset[i] : nowhere;
  }
  if (HWY_UNLIKELY(begin + static_cast<int64_t>(kRows) > end)) {
    for (T& element : nowhere) element = T(0);
  }
  dot_tile<kRows, kVectors>(d, a_row, reduction, b, c_row, store, epilogue);
}

// Whether the next tile of `left` rows has kTileRows rows; else it has 4. Multiples of 4 rows are
// covered without remainder.
HWY_INLINE bool full_tile_next(int64_t left) {
  constexpr int64_t kRows = kTileRows;
  return left >= kRows ? left != kRows + 2 : left > 4;
}

template <size_t kVectors, class D, typename T, class Epilogue>
HWY_INLINE void multiply_panel(D d, const ScatteredRows<const T>& a, const Reduction& reduction,
                               const T* b, const ScatteredRows<T>& c, int64_t rows,
                               const TileStore& store, const Epilogue& epilogue) {
  for (int64_t i = 0; i < rows;) {
    if (full_tile_next(rows - i)) {
      multiply_tile<kTileRows, kVectors>(d, a, reduction, b, c, i, rows, store, epilogue);
      i += kTileRows;
    } else {
      multiply_tile<4, kVectors>(d, a, reduction, b, c, i, rows, store, epilogue);
      i += 4;
    }
  }
}

// C[i, 0..columns) = epilogue(sum over k of A[i][k] * B[k, :]) for i < rows; b: packed panels.
template <class D, typename T, class Epilogue>
HWY_INLINE void multiply_rows(D d, const ScatteredRows<const T>& a, const Reduction& reduction,
                              const T* b, int64_t columns, const ScatteredRows<T>& c, int64_t rows,
                              const Epilogue& epilogue) {
  const int64_t lanes = static_cast<int64_t>(hn::MaxLanes(d));
  const int64_t depth = reduction.depth();
  for_each_depth_block(reduction, [&](const DepthBlock& block, bool first, bool last) HWY_ATTR {
    const ScatteredRows<const T> a_block = {a.base + block.row_offset, a.offset};
    for (int64_t column = 0; column < columns;) {
      const int64_t width = panel_width(d, column, columns);
      const T* panel = b + column * depth + block.depth_offset * width;
      const ScatteredRows<T> c_block = {c.base + column, c.offset};
      const TileStore store = {column, HWY_MIN(width, columns - column), first, last};
      if (width == lanes) {
        multiply_panel<1>(d, a_block, block.reduction, panel, c_block, rows, store, epilogue);
      } else {
        multiply_panel<2>(d, a_block, block.reduction, panel, c_block, rows, store, epilogue);
      }
      column += width;
    }
  });
}

// C[m, :] (+)= sum over pixels of A[pixel][m] * B[pixel, :] for m < rows, a multiple of 4; b and c:
// one panel.
template <size_t kVectors, class D, typename T>
HWY_INLINE void multiply_pixels(D d, const T* a, const PixelRuns& pixels, const T* b, T* c,
                                int64_t rows, bool first) {
  constexpr int64_t kWidth = kVectors * hn::MaxLanes(D());
  for (int64_t m = 0; m < rows;) {
    if (full_tile_next(rows - m)) {
      outer_tile<kTileRows, kVectors>(d, a + m, pixels, b, c + m * kWidth, first);
      m += kTileRows;
    } else {
      outer_tile<4, kVectors>(d, a + m, pixels, b, c + m * kWidth, first);
      m += 4;
    }
  }
}

// The same for all panels of `columns` columns: those of b have depth `pixel_count`, those of c
// begin `panel_depth` rows apart, times their width.
template <class D, typename T>
HWY_INLINE void multiply_pixel_panels(D d, const T* a, const PixelRuns& pixels, int64_t pixel_count,
                                      const T* b, int64_t columns, T* c, int64_t panel_depth,
                                      int64_t rows, bool first) {
  for (int64_t column = 0; column < columns;) {
    const int64_t width = panel_width(d, column, columns);
    const T* b_panel = b + column * pixel_count;
    T* c_panel = c + column * panel_depth;
    if (width == static_cast<int64_t>(hn::MaxLanes(d))) {
      multiply_pixels<1>(d, a, pixels, b_panel, c_panel, rows, first);
    } else {
      multiply_pixels<2>(d, a, pixels, b_panel, c_panel, rows, first);
    }
    column += width;
  }
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#endif  // DCGAN_KERNELS_GEMM_INL_H_
