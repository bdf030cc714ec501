/* The main() of Holdfast::gtest_main. It is compiled once per project, so it knows nothing of
 * GoogleTest. */
extern "C" int holdfast_gtest_main(int argc, char** argv); /* googletest.cpp */

int main(int argc, char** argv) { return holdfast_gtest_main(argc, argv); }
