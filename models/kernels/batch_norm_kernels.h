// The work of one tile, for the best instruction set that the processor has. Internal.
//
// Each function is defined in the file named for it, compiled once for every instruction set
// and chosen at run time. All are serial. Arrays of constants hold one entry a channel of the
// tile for planes, and one entry a column for columns (see as_columns).
#pragma once

#include "models/kernels/batch_norm_constants.h"
#include "models/kernels/batch_norm_tiles.h"

namespace dcgan::kernels {

// x, dy, y and dx point to the tensor; the tile knows where it lies in it.

// batch_norm_statistics.cpp. Writes [tile.channels] means and sums of squared deviations.
void statistics_of_tile(const Tile& tile, const float* x, double* mean, double* m2);
void statistics_of_tile(const Tile& tile, const double* x, double* mean, double* m2);
void statistics_of_tile(const Tile& tile, const BFloat16* x, double* mean, double* m2);

// batch_norm_forward.cpp. `stream` writes past the cache.
void forward_of_tile(const Tile& tile, const float* x, TransformConstants<float> constants,
                     float slope, bool stream, float* y);
void forward_of_tile(const Tile& tile, const double* x, TransformConstants<double> constants,
                     double slope, bool stream, double* y);
void forward_of_tile(const Tile& tile, const BFloat16* x, TransformConstants<float> constants,
                     float slope, bool stream, BFloat16* y);

// batch_norm_backward_sums.cpp. Writes [tile.channels] sums of g and of g * (x - center).
void sums_of_tile(const Tile& tile, const float* x, const float* dy,
                  TransformConstants<float> constants, float slope, double* sum_g, double* sum_gx);
void sums_of_tile(const Tile& tile, const double* x, const double* dy,
                  TransformConstants<double> constants, double slope, double* sum_g,
                  double* sum_gx);
void sums_of_tile(const Tile& tile, const BFloat16* x, const BFloat16* dy,
                  TransformConstants<float> constants, float slope, double* sum_g, double* sum_gx);

// batch_norm_backward_data.cpp.
void gradient_of_tile(const Tile& tile, const float* x, const float* dy,
                      TransformConstants<float> constants, GradientConstants<float> gradient,
                      float slope, bool stream, float* dx);
void gradient_of_tile(const Tile& tile, const double* x, const double* dy,
                      TransformConstants<double> constants, GradientConstants<double> gradient,
                      double slope, bool stream, double* dx);
void gradient_of_tile(const Tile& tile, const BFloat16* x, const BFloat16* dy,
                      TransformConstants<float> constants, GradientConstants<float> gradient,
                      float slope, bool stream, BFloat16* dx);

}  // namespace dcgan::kernels
