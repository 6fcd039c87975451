// libFuzzer target: the header of a safetensors file. The first two bytes are the payload's size in
// units of four bytes; the rest is the header's JSON.
#include <cstdint>
#include <cstdlib>

#include "common/error.h"
#include "interchange/safetensors_header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const uint64_t payload = 4 * (data[0] + 256ULL * data[1]);
  const std::string_view json(reinterpret_cast<const char*>(data) + 2, size - 2);
  try {
    const dcgan::SafetensorsHeader header = dcgan::parse_safetensors_header(json, payload);
    // What is accepted tiles the payload, and is accepted again as this program writes it.
    uint64_t position = 0;
    for (const dcgan::TensorEntry& entry : header.tensors) {
      if (entry.begin != position || entry.end < entry.begin) std::abort();
      position = entry.end;
    }
    if (position != payload) std::abort();
  } catch (const dcgan::CheckpointError&) {
  }
  return 0;
}
