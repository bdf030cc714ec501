// RUN_ALL_TESTS() in a shared library, which --wrap does not reach.
#include <gtest/gtest.h>

int run_in_library();
int run_in_library() { return RUN_ALL_TESTS(); }
