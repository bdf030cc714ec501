#include "ctest/environment_modification.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using Entries = std::vector<std::string>;

TEST(EnvironmentModification, IsAppliedAsInCtest) {
  const struct {
    Entries set;
    Entries modifications;
    Entries result;
  } rows[] = {
      {{}, {}, {"A=1", "P=/x", "L=a"}},
      {{"A=2=3", "B=", "L"}, {}, {"A=2=3", "P=/x", "B="}},
      {{}, {"A=set:x:y", "B=set:"}, {"A=x:y", "P=/x", "L=a", "B="}},
      {{}, {"A=unset:", "Q=unset:"}, {"P=/x", "L=a"}},
      {{}, {"A=string_append:2", "A=string_prepend:0"}, {"A=012", "P=/x", "L=a"}},
      {{}, {"P=path_list_append:/y", "P=path_list_prepend:/z"}, {"A=1", "P=/z:/x:/y", "L=a"}},
      {{}, {"L=cmake_list_append:b", "M=cmake_list_prepend:c"}, {"A=1", "P=/x", "L=a;b", "M=c"}},
      {{}, {"M=path_list_append:c", "P=path_list_append:"}, {"A=1", "P=/x", "L=a", "M=c"}},
      {{"A=2"}, {"A=set:3", "A=reset:"}, {"A=2", "P=/x", "L=a"}},
      {{}, {"N=set:3", "N=reset:"}, {"A=1", "P=/x", "L=a"}},
      {{}, {"A=odd:3", "A", ""}, {"A=1", "P=/x", "L=a"}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(modified_environment({"A=1", "P=/x", "L=a"}, row.set, row.modifications), row.result)
        << testing::PrintToString(row.modifications);
  }
}

}  // namespace
}  // namespace holdfast
