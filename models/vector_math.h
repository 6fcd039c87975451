#pragma once

namespace dcgan {

/// To be called before a tensor's tanh, exp, log or sqrt is computed on several threads. LibTorch
/// hands these to MKL, which looks for the kernel of a function when it is first called; where
/// several threads are the first at once, one of them may compute its share with a less exact
/// kernel (pytorch/pytorch#188792, on Intel processors about one process in 300 on a busy machine).
/// The first call here computes one value of each on the calling thread, later ones do nothing.
void settle_vector_math();

}  // namespace dcgan
