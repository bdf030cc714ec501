// The main() of Holdfast::gtest_main.
#include <gtest/gtest.h>
#include <holdfast/gtest.h>

// There where the program links GoogleMock, whose flags it reads too; nobody needs to.
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
