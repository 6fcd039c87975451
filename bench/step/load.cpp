// Loads LibTorch as every program of this project does, and ends.
#include <ATen/Parallel.h>

int main() { return at::get_num_threads() > 0 ? 0 : 1; }
