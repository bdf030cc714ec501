// The main() of Holdfast::gtest_main. It is compiled once per project, so it knows nothing of
// GoogleTest.
#include "worker.h"

int main(int argc, char** argv) { return holdfast_gtest_main(argc, argv); }
