// Hides what has different names in the versions of GoogleTest from 1.8 on. No version macro tells
// them apart, so this looks which names exist.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#ifdef GTEST_FLAG_SET
#define HOLDFAST_GTEST_FLAG(name) GTEST_FLAG_GET(name)
#define HOLDFAST_SET_GTEST_FLAG(name, value) GTEST_FLAG_SET(name, value)
#else  // before 1.12
#define HOLDFAST_GTEST_FLAG(name) ::testing::GTEST_FLAG(name)
#define HOLDFAST_SET_GTEST_FLAG(name, value) (void)(::testing::GTEST_FLAG(name) = value)
#endif

// Two environment variables choose a shard. From 1.18 on GoogleTest reads them into these flags
// before main. They are weak: null where GoogleTest does not have them.
namespace testing {
extern std::int32_t FLAGS_gtest_total_shards __attribute__((weak));
extern std::int32_t FLAGS_gtest_shard_index __attribute__((weak));
}  // namespace testing

namespace holdfast {
namespace gtest_support {

inline void set_no_shard() {
  constexpr std::int32_t k_none = -1;
  if (&::testing::FLAGS_gtest_total_shards != nullptr) ::testing::FLAGS_gtest_total_shards = k_none;
  if (&::testing::FLAGS_gtest_shard_index != nullptr) ::testing::FLAGS_gtest_shard_index = k_none;
}

// An int as the last argument picks the first function of each pair if that is valid. Before 1.10
// GoogleTest called suites test cases, and could not skip.
template <typename Info>
auto suite_name(const Info& test, int) -> decltype(test.test_suite_name()) {
  return test.test_suite_name();
}
template <typename Info>
const char* suite_name(const Info& test, long) {
  return test.test_case_name();
}

template <typename Result>
auto is_skipped(const Result& result, int) -> decltype(result.Skipped()) {
  return result.Skipped();
}
template <typename Result>
bool is_skipped(const Result&, long) {
  return false;
}

// Calls `visit` with each case of the program, in the order of their definition.
template <typename Suite, typename Visit>
void visit_suite(const Suite& suite, Visit& visit) {
  for (int i = 0; i < suite.total_test_count(); ++i) visit(*suite.GetTestInfo(i));
}
template <typename All, typename Visit>
auto visit_cases(const All& all, Visit& visit, int)
    -> decltype(all.total_test_suite_count(), void()) {
  for (int i = 0; i < all.total_test_suite_count(); ++i) visit_suite(*all.GetTestSuite(i), visit);
}
template <typename All, typename Visit>
void visit_cases(const All& all, Visit& visit, long) {
  for (int i = 0; i < all.total_test_case_count(); ++i) visit_suite(*all.GetTestCase(i), visit);
}

inline std::string name_of(const ::testing::TestInfo& test) {
  return std::string(suite_name(test, 0)) + "." + test.name();
}

}  // namespace gtest_support
}  // namespace holdfast
