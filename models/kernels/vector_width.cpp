#include "models/kernels/vector_width.h"

#include "models/kernels/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/kernels/vector_width.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dcgan::kernels {
namespace HWY_NAMESPACE {

size_t bits() { return 8 * hwy::HWY_NAMESPACE::Lanes(hwy::HWY_NAMESPACE::ScalableTag<uint8_t>()); }
const char* target() { return hwy::TargetName(HWY_TARGET); }

}  // namespace HWY_NAMESPACE
}  // namespace dcgan::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dcgan::kernels {

HWY_EXPORT(bits);
HWY_EXPORT(target);

size_t vector_bits() { return HWY_DYNAMIC_DISPATCH(bits)(); }
std::string vector_target() { return HWY_DYNAMIC_DISPATCH(target)(); }

}  // namespace dcgan::kernels
#endif
