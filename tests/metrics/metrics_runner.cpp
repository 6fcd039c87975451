// Computes every metric on given feature matrices and images, for comparison with other
// implementations: metrics_runner IN.safetensors prints one JSON object.
//
// IN holds "a" and "b" [N, D], "a_classes" [N] and "real_counts" [K], "a_images" and "b_images"
// uint8 [N, H, W, C].
#include <torch/types.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "interchange/safetensors.h"
#include "metrics/fid.h"
#include "metrics/kid.h"
#include "metrics/manifold.h"
#include "metrics/modes.h"
#include "metrics/ms_ssim.h"
#include "metrics/swd.h"

namespace dcgan {
namespace {

FeatureMoments moments_of(const at::Tensor& features) {
  FeatureMoments moments(features.size(1));
  constexpr int64_t kPiece = 100;  // in pieces, as they are gathered in use
  for (int64_t first = 0; first < features.size(0); first += kPiece) {
    moments.add(features.narrow(0, first, std::min(kPiece, features.size(0) - first)));
  }
  return moments;
}

void run(const char* in) {
  const TensorFile file = read_safetensors(in);
  const at::Tensor& a = file.tensors.at("a");
  const at::Tensor& b = file.tensors.at("b");
  nlohmann::json j;
  j["fid"] = frechet_distance(moments_of(a), moments_of(b));
  j["fid_self"] = frechet_distance(moments_of(b), moments_of(b));
  const int64_t all = std::min(a.size(0), b.size(0));
  j["mmd"] = squared_mmd(a.narrow(0, 0, all), b.narrow(0, 0, all));
  const KernelDistance kid = kernel_distance(a, b, 20, std::min<int64_t>(all, 200), 1);
  j["kid"] = {kid.mean, kid.deviation};
  const ManifoldMetrics m = manifold_metrics(b, a);
  j["precision"] = m.precision;
  j["recall"] = m.recall;
  j["density"] = m.density;
  j["coverage"] = m.coverage;
  if (file.tensors.contains("a_classes")) {
    const at::Tensor& counts = file.tensors.at("real_counts");
    const ModeMetrics modes = mode_metrics(file.tensors.at("a_classes"), counts, counts.size(0));
    j["covered"] = modes.covered;
    j["entropy"] = modes.entropy;
    j["reverse_kl"] = modes.reverse_kl;
  }
  if (file.tensors.contains("a_images")) {
    const at::Tensor& x = file.tensors.at("a_images");
    const at::Tensor& y = file.tensors.at("b_images");
    j["ms_ssim"] = ms_ssim(x, y);
    j["swd"] = sliced_wasserstein(x, y, 0);
    std::vector<double> levels;
    for (const at::Tensor& level : laplacian_pyramid(x.permute({0, 3, 1, 2}).to(torch::kFloat32))) {
      levels.push_back(level.abs().mean().item<double>());
    }
    j["pyramid"] = levels;
  }
  if (file.tensors.contains("directions")) {
    j["sliced"] = sliced_wasserstein_of(a.narrow(0, 0, all), b.narrow(0, 0, all),
                                        file.tensors.at("directions"));
  }
  std::printf("%s\n", j.dump().c_str());
}

}  // namespace
}  // namespace dcgan

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  dcgan::run(argv[1]);
  return 0;
}
