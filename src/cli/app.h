#pragma once

namespace dcgan {

/// The whole program: runs the verb of the command line and returns the exit code. Errors are one
/// line on stderr.
int run_command_line(int argc, char** argv);

}  // namespace dcgan
