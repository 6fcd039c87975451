#pragma once

#include <gtest/gtest.h>

#include <string>

#include "common/error.h"

namespace dcgan {

/// Expects `call` to throw Error with `code` and a one-line message that contains `part`.
template <typename Call>
void expect_error(ExitCode code, const std::string& part, Call&& call) {
  try {
    call();
    ADD_FAILURE() << "no error; expected one with '" << part << "'";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(error.code(), code) << message;
    EXPECT_NE(message.find(part), std::string::npos) << message << "\n  lacks: " << part;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

}  // namespace dcgan
