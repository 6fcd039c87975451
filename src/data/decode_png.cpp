#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <png.h>

#include "data/decode.h"
#include "data/exif.h"
#include "data/left_out.h"

namespace dcgan {
namespace {

struct Input {
  std::span<const uint8_t> bytes;
  size_t position = 0;
  char message[128] = {};
};

void on_error(png_structp png, png_const_charp message) {
  auto* input = static_cast<Input*>(png_get_error_ptr(png));
  std::snprintf(input->message, sizeof(input->message), "%s", message);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep target, size_t count) {
  auto* input = static_cast<Input*>(png_get_io_ptr(png));
  if (count > input->bytes.size() - input->position) png_error(png, "ends early");
  std::memcpy(target, input->bytes.data() + input->position, count);
  input->position += count;
}

// libpng's errors jump back into the member function that called it, so nothing in these may need
// a destructor.
class PngDecoder {
 public:
  explicit PngDecoder(std::span<const uint8_t> bytes) : input_{bytes} {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &input_, on_error, on_warning);
    info_ = png_create_info_struct(png_);
    png_set_read_fn(png_, &input_, read_bytes);
  }
  ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;

  bool read_header() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    constexpr png_uint_32 kAnySide = 0x7fffffff;  // the product is checked by the caller
    constexpr png_alloc_size_t kMostChunkBytes = 64 << 20;
    png_set_user_limits(png_, kAnySide, kAnySide);
    png_set_chunk_malloc_max(png_, kMostChunkBytes);
    png_read_info(png_, info_);
    return true;
  }

  bool start() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_expand(png_);    // palettes to colours, 1, 2, 4 bits to 8, tRNS to alpha
    png_set_scale_16(png_);  // rounds, where png_set_strip_16 cuts
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }

  bool read_rows(png_bytepp rows) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_image(png_, rows);
    png_read_end(png_, info_);
    return true;
  }

  int64_t width() const { return png_get_image_width(png_, info_); }
  int64_t height() const { return png_get_image_height(png_, info_); }
  int channels() const { return png_get_channels(png_, info_); }
  std::string message() const { return input_.message; }
  int orientation() const {
    png_bytep block = nullptr;
    png_uint_32 size = 0;
    if (png_get_eXIf_1(png_, info_, &size, &block) == 0) return 1;
    return exif_orientation({block, size});
  }

 private:
  Input input_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace

cv::Mat decode_png(std::span<const uint8_t> bytes) {
  PngDecoder decoder(bytes);
  if (!decoder.read_header()) throw PictureError(Fault::kDamaged, decoder.message());
  check_picture_size(decoder.width(), decoder.height());
  if (!decoder.start()) throw PictureError(Fault::kDamaged, decoder.message());
  cv::Mat picture(static_cast<int>(decoder.height()), static_cast<int>(decoder.width()),
                  CV_8UC(decoder.channels()));
  std::vector<png_bytep> rows(static_cast<size_t>(picture.rows));
  for (int y = 0; y < picture.rows; ++y) rows[static_cast<size_t>(y)] = picture.ptr(y);
  if (!decoder.read_rows(rows.data())) throw PictureError(Fault::kDamaged, decoder.message());
  return upright(picture, decoder.orientation());
}

}  // namespace dcgan
