// The DCGAN convolutions on a CPU: kernel 4x4, stride 2, padding 1, and the 1x1 <-> 4x4 ends.
//
// Activations are channels-last (NHWC) and contiguous; weights stand in PyTorch's layout. Nothing
// needs to be aligned beyond its element type. T is float or double. Outputs must not overlap
// inputs. All functions throw std::invalid_argument for an impossible shape and std::bad_alloc.
//
// From 16 channels on both sides the stride-2 kernels use Winograd's F(2x2, 2x2) (winograd-inl.h):
// 9 multiplications for 16, rounding errors about twice those of the plain sum.
//
// Order of summation (the contract behind bit-identical resumption): every element of an activation
// or of an activation's gradient is summed in an order that depends on the channel counts and on
// the pixel's place in its map alone, so it is the same bits for any batch size, position in the
// batch and number of threads; a weight gradient's order depends on the shape alone, not on the
// number of threads. Processors with vectors of another width (or without fused multiply-add) may
// give other last bits.
#pragma once

#include <cstdint>

namespace dcgan::kernels {

// X is [batch, height, width, in_channels] with even height and width, Y is [batch, height / 2,
// width / 2, out_channels], the weight [out_channels][in_channels][4][4].
//
// The transposed convolution (torch.nn.ConvTranspose2d(a, b, 4, 2, 1), weight [a][b][4][4]) is the
// same map read backwards: out_channels = a, in_channels = b, height and width those of its output;
// its forward is the data gradient below, its data gradient the forward, its weight gradient the
// weight gradient with x = the gradient of its output and dy = its input.
struct ConvShape {
  int64_t batch;
  int64_t height;
  int64_t width;
  int64_t in_channels;
  int64_t out_channels;
};

// Applied to an output before it is written: leaky(value + bias[c]), leaky(v) = v > 0 ? v : slope *
// v; no bias when null.
template <typename T>
struct Epilogue {
  const T* bias = nullptr;
  T slope = T(1);
};

// y[n,oh,ow,o] = sum over kh, kw, i of x[n, 2 oh - 1 + kh, 2 ow - 1 + kw, i] * w[o,i,kh,kw].
template <typename T>
void conv4x4s2_forward(const ConvShape& shape, const T* x, const T* weight, T* y,
                       const Epilogue<T>& epilogue = {});

// The adjoint: dx[n, 2 oh - 1 + kh, 2 ow - 1 + kw, i] = sum of dy[n,oh,ow,o] * w[o,i,kh,kw].
template <typename T>
void conv4x4s2_data_gradient(const ConvShape& shape, const T* dy, const T* weight, T* dx,
                             const Epilogue<T>& epilogue = {});

// dw[o,i,kh,kw] = sum over n, oh, ow of dy[n,oh,ow,o] * x[n, 2 oh - 1 + kh, 2 ow - 1 + kw, i].
// Sets dw.
template <typename T>
void conv4x4s2_weight_gradient(const ConvShape& shape, const T* x, const T* dy, T* dw);

// The generator's first stage, ConvTranspose2d(latent, channels, 4, 1, 0) on a 1x1 map:
// y[n,kh,kw,c] = sum over z of x[n,z] * w[z,c,kh,kw]; weight [latent][channels][4][4],
// x [batch, latent], y [batch, 4, 4, channels].
template <typename T>
void project_forward(int64_t batch, int64_t latent, int64_t channels, const T* x, const T* weight,
                     T* y, const Epilogue<T>& epilogue = {});
template <typename T>
void project_weight_gradient(int64_t batch, int64_t latent, int64_t channels, const T* x,
                             const T* dy, T* dw);

// The discriminator's last stage, Conv2d(channels, 1, 4, 1, 0) on a 4x4 map:
// y[n] = sum over kh, kw, c of x[n,kh,kw,c] * w[c,kh,kw]; weight [1][channels][4][4].
template <typename T>
void score_forward(int64_t batch, int64_t channels, const T* x, const T* weight, T* y,
                   const Epilogue<T>& epilogue = {});
template <typename T>
void score_data_gradient(int64_t batch, int64_t channels, const T* dy, const T* weight, T* dx);
template <typename T>
void score_weight_gradient(int64_t batch, int64_t channels, const T* x, const T* dy, T* dw);

}  // namespace dcgan::kernels
