#include <algorithm>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it first
#include <string>

#include <jpeglib.h>

#include <jerror.h>

#include "data/decode.h"
#include "data/exif.h"
#include "data/left_out.h"

namespace dcgan {
namespace {

// libjpeg reports through callbacks: errors must not return, so they jump; of the warnings some
// say that pixels are missing.
struct ErrorState {
  jpeg_error_mgr manager;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

void jump_out(j_common_ptr decoder) {
  auto* state = reinterpret_cast<ErrorState*>(decoder->err);
  state->manager.format_message(decoder, state->message);
  std::longjmp(state->jump, 1);
}

bool loses_pixels(int warning) {
  return warning == JWRN_JPEG_EOF || warning == JWRN_HIT_MARKER || warning == JWRN_HUFF_BAD_CODE ||
         warning == JWRN_MUST_RESYNC || warning == JWRN_ARITH_BAD_CODE;
}

void on_message(j_common_ptr decoder, int level) {
  if (level < 0 && loses_pixels(decoder->err->msg_code)) jump_out(decoder);
}

// Between construction and destruction libjpeg owns memory; `jump` comes back here from any of its
// errors, so nothing in `decode` may need a destructor.
class JpegDecoder {
 public:
  JpegDecoder() {
    decoder_.err = jpeg_std_error(&errors_.manager);
    errors_.manager.error_exit = jump_out;
    errors_.manager.emit_message = on_message;
    jpeg_create_decompress(&decoder_);
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&decoder_); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  bool read_header(std::span<const uint8_t> bytes) {
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_mem_src(&decoder_, bytes.data(), bytes.size());
    constexpr unsigned kMostMarkerBytes = 0xffff;
    jpeg_save_markers(&decoder_, JPEG_APP0 + 1, kMostMarkerBytes);
    jpeg_read_header(&decoder_, TRUE);
    return true;
  }

  bool start(int least_side) {
    if (setjmp(errors_.jump) != 0) return false;
    const bool cmyk =
        decoder_.jpeg_color_space == JCS_CMYK || decoder_.jpeg_color_space == JCS_YCCK;
    const bool grey = decoder_.jpeg_color_space == JCS_GRAYSCALE;
    decoder_.out_color_space = cmyk ? JCS_CMYK : grey ? JCS_GRAYSCALE : JCS_RGB;
    decoder_.scale_num = 1;
    decoder_.scale_denom = 1;
    const auto shorter =
        static_cast<int64_t>(std::min(decoder_.image_width, decoder_.image_height));
    constexpr unsigned kSmallest = 8;
    while (least_side > 0 && decoder_.scale_denom < kSmallest &&
           shorter >= int64_t{2} * decoder_.scale_denom * least_side) {
      decoder_.scale_denom *= 2;
    }
    jpeg_start_decompress(&decoder_);
    return true;
  }

  bool read_rows(cv::Mat& picture) {
    if (setjmp(errors_.jump) != 0) return false;
    while (decoder_.output_scanline < decoder_.output_height) {
      JSAMPROW row = picture.ptr(static_cast<int>(decoder_.output_scanline));
      jpeg_read_scanlines(&decoder_, &row, 1);
    }
    jpeg_finish_decompress(&decoder_);
    return true;
  }

  const jpeg_decompress_struct& state() const { return decoder_; }
  std::string message() const { return errors_.message; }

 private:
  ErrorState errors_{};
  jpeg_decompress_struct decoder_{};
};

int orientation_of(const jpeg_decompress_struct& decoder) {
  for (const jpeg_marker_struct* marker = decoder.marker_list; marker != nullptr;
       marker = marker->next) {
    const int orientation = exif_orientation({marker->data, marker->data_length});
    if (orientation != 1) return orientation;
  }
  return 1;
}

// Adobe's programs, and all who follow them, store CMYK inverted: 255 is no ink.
cv::Mat cmyk_to_rgb(const cv::Mat& cmyk, bool inverted) {
  cv::Mat rgb(cmyk.size(), CV_8UC3);
  for (int y = 0; y < cmyk.rows; ++y) {
    const uint8_t* in = cmyk.ptr(y);
    uint8_t* out = rgb.ptr(y);
    for (int x = 0; x < cmyk.cols; ++x, in += 4, out += 3) {
      const int key = inverted ? in[3] : 255 - in[3];
      for (int c = 0; c < 3; ++c) {
        const int ink = inverted ? in[c] : 255 - in[c];
        out[c] = static_cast<uint8_t>((ink * key + 127) / 255);
      }
    }
  }
  return rgb;
}

}  // namespace

cv::Mat decode_jpeg(std::span<const uint8_t> bytes, int least_side, cv::Size& stored) {
  JpegDecoder decoder;
  if (!decoder.read_header(bytes)) throw PictureError(Fault::kDamaged, decoder.message());
  check_picture_size(decoder.state().image_width, decoder.state().image_height);
  const int orientation = orientation_of(decoder.state());  // finishing forgets the markers
  if (!decoder.start(least_side)) throw PictureError(Fault::kDamaged, decoder.message());
  const jpeg_decompress_struct& state = decoder.state();
  cv::Mat picture(static_cast<int>(state.output_height), static_cast<int>(state.output_width),
                  CV_8UC(state.output_components));
  if (!decoder.read_rows(picture)) throw PictureError(Fault::kDamaged, decoder.message());
  if (state.out_color_space == JCS_CMYK) {
    picture = cmyk_to_rgb(picture, state.saw_Adobe_marker != 0);
  }
  constexpr int kFirstOnItsSide = 5;
  stored = {static_cast<int>(state.image_width), static_cast<int>(state.image_height)};
  if (orientation >= kFirstOnItsSide) std::swap(stored.width, stored.height);
  return upright(picture, orientation);
}

}  // namespace dcgan
