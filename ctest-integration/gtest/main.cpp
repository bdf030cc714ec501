// The main() of Holdfast::gtest_main.
#include <gtest/gtest.h>
#include <holdfast/gtest.h>

// It exists if the program links GoogleMock, which it need not. It reads GoogleMock's flags too.
namespace testing {
#ifdef __GNUC__
__attribute__((weak)) void InitGoogleMock(int* argc, char** argv);
#endif
}  // namespace testing

int main(int argc, char** argv) {
#ifdef __GNUC__
  if (&testing::InitGoogleMock != nullptr) {
    testing::InitGoogleMock(&argc, argv);
    return holdfast::run_all_tests();
  }
#endif
  testing::InitGoogleTest(&argc, argv);
  return holdfast::run_all_tests();
}
