#include "cli/app.h"

int main(int argc, char** argv) { return dcgan::run_command_line(argc, argv); }
