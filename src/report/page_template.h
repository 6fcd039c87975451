#pragma once

namespace dcgan {

/// src/report/page.html, compiled in.
extern const char* const kPageTemplate;

}  // namespace dcgan
