#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include "data/decode.h"
#include "data/exif.h"
#include "data/left_out.h"

namespace dcgan {
namespace {

int orientation_of(const WebPDemuxer* demuxer) {
  WebPChunkIterator chunk;
  if (WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk) == 0) return 1;
  const int orientation = exif_orientation({chunk.chunk.bytes, chunk.chunk.size});
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

// The whole canvas at the time of the first frame, RGBA.
cv::Mat first_frame(const WebPData& data, int width, int height) {
  WebPAnimDecoderOptions options;
  WebPAnimDecoderOptionsInit(&options);
  options.color_mode = MODE_RGBA;
  const std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)> decoder(
      WebPAnimDecoderNew(&data, &options), WebPAnimDecoderDelete);
  uint8_t* pixels = nullptr;
  int milliseconds = 0;
  if (!decoder || WebPAnimDecoderGetNext(decoder.get(), &pixels, &milliseconds) == 0) {
    throw PictureError(Fault::kDamaged, "no first frame");
  }
  return cv::Mat(height, width, CV_8UC4, pixels).clone();
}

}  // namespace

cv::Mat decode_webp(std::span<const uint8_t> bytes) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytes.data(), bytes.size(), &features) != VP8_STATUS_OK) {
    throw PictureError(Fault::kDamaged, "no valid WebP");
  }
  check_picture_size(features.width, features.height);
  const WebPData data{bytes.data(), bytes.size()};
  const std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)> demuxer(WebPDemux(&data),
                                                                         WebPDemuxDelete);
  if (!demuxer) throw PictureError(Fault::kDamaged, "ends early");
  if (features.has_animation != 0) {
    return upright(first_frame(data, features.width, features.height),
                   orientation_of(demuxer.get()));
  }
  const bool alpha = features.has_alpha != 0;
  cv::Mat picture(features.height, features.width, alpha ? CV_8UC4 : CV_8UC3);
  const size_t size = picture.total() * picture.elemSize();
  const auto stride = static_cast<int>(picture.step[0]);
  const uint8_t* done =
      alpha ? WebPDecodeRGBAInto(bytes.data(), bytes.size(), picture.data, size, stride)
            : WebPDecodeRGBInto(bytes.data(), bytes.size(), picture.data, size, stride);
  if (done == nullptr) throw PictureError(Fault::kDamaged, "ends early or contradicts itself");
  return upright(picture, orientation_of(demuxer.get()));
}

}  // namespace dcgan
