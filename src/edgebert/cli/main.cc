#include "edgebert/cli/program.h"

int main(int argc, char** argv) { return edgebert::cli::RunProgram(argc, argv); }
