#include "values/framework.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

class Texts final : public ProgramTexts {
 public:
  Texts(std::initializer_list<std::pair<std::string, std::string>> texts) : texts_(texts) {}
  bool has(std::string_view section, std::string_view text) const override {
    for (const auto& [name, there] : texts_) {
      if (name == section && there.find(text) != std::string::npos) return true;
    }
    return false;
  }

 private:
  std::vector<std::pair<std::string, std::string>> texts_;
};

TEST(FrameworkSigns, each_framework_is_known_linked_either_way) {
  const Texts none{};
  EXPECT_EQ(framework_in(none), std::nullopt);
  EXPECT_EQ(framework_in(Texts{{".dynstr", "libCatch2.so.3"}}), FrameworkKind::catch2_three);
  EXPECT_EQ(framework_in(Texts{{".rodata", "A Catch2 test executable"}}),
            FrameworkKind::catch2_three);
  EXPECT_EQ(framework_in(Texts{{".rodata", "A Catch2 test executable list-test-names-only"}}),
            FrameworkKind::catch2_two);
  EXPECT_EQ(framework_in(Texts{{".rodata", "listing all test case names"}}),
            FrameworkKind::doctest);
  EXPECT_EQ(framework_in(Texts{{".dynstr", "libboost_unit_test_framework.so.1.74.0"}}),
            FrameworkKind::boost);
  EXPECT_EQ(framework_in(Texts{{".rodata", "BOOST_TEST_RUN_FILTERS"}}), FrameworkKind::boost);
  EXPECT_EQ(framework_in(Texts{{".dynstr", "libgtest.so.1.12"}}), FrameworkKind::googletest);
  EXPECT_EQ(framework_in(Texts{{".dynstr", "listing all test case names"}}), std::nullopt);
}

TEST(FrameworkSigns, googlemock_beside_another_framework_is_not_its_framework) {
  const Texts both{{".dynstr", "libgtest.so.1.12"}, {".rodata", "listing all test case names"}};
  EXPECT_EQ(framework_in(both), FrameworkKind::doctest);
  EXPECT_TRUE(has_googletest(both));
}

}  // namespace
}  // namespace holdfast
