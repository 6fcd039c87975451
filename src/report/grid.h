#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace dcgan {

struct GridSize {
  int64_t height = 0;  // pixels
  int64_t width = 0;
  int64_t columns = 0;
};

/// Of the grid of `count` images that make_grid() makes.
GridSize grid_size(int64_t count, int64_t height, int64_t width, int64_t columns = 0);

/// Arranges images uint8 [N, H, W, C] row by row in a grid with margins of 2 pixels on a light
/// background, uint8 [H', W', C]. `columns` 0: about as wide as high. Cells left over stay empty.
at::Tensor make_grid(const at::Tensor& images, int64_t columns = 0);

/// Puts pictures [H, W, C] of equal height and C of 1 to 4 side by side, each under its title;
/// uint8 [H', W', 3], alpha on white. Small pictures are enlarged by a whole factor so that titles
/// fit.
at::Tensor side_by_side(const std::vector<at::Tensor>& pictures,
                        const std::vector<std::string>& titles);

}  // namespace dcgan
