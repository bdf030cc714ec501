#include "report/rendered.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace holdfast {
namespace {

constexpr std::int64_t k_mib = 1024;  // in KiB

TestReport test_with(const std::string& name, std::int64_t rss_kb,
                     std::optional<std::int64_t> peak_kb, std::vector<std::string> locks = {}) {
  TestReport test;
  test.name = name;
  Attempt& attempt = test.attempts.emplace_back();
  attempt.max_rss_kb = rss_kb;
  attempt.memory_peak_kb = peak_kb;
  attempt.locks = std::move(locks);
  return test;
}

// That section of the text report; empty: it has none.
std::string memory_section(const RunReport& report) {
  const std::string text = text_of_report(report, Format::text);
  const std::size_t begin = text.find("\nMost memory\n");
  return begin == std::string::npos ? std::string() : text.substr(begin);
}

// A proposal is a quarter more, in steps of 256 MiB.
TEST(MemoryBudgets, TheLargestComeFirstWithWhatTheyAskedFor) {
  RunReport report;
  report.tests = {test_with("small", 511 * k_mib, {}),
                  test_with("asked", 700 * k_mib, {}, {"db@project", "memory:1GiB@user"}),
                  test_with("tree", 100 * k_mib, 2048 * k_mib, {"memory:1GiB@user"}),
                  test_with("more", 1024 * k_mib, {}),
                  test_with("none", 600 * k_mib, {}, {"memory@user", "vram:1GiB/2GiB@user"})};
  EXPECT_EQ(memory_section(report),
            "\nMost memory\n"
            "  tree   2.0 GiB, more than the 1GiB it asked for; HOLDFAST_LOCKS \"memory:2560MiB\"\n"
            "  more   1.0 GiB, asked for none; HOLDFAST_LOCKS \"memory:1280MiB\"\n"
            "  asked  700.0 MiB, asked for 1GiB\n"
            "  none   600.0 MiB, asked for none; HOLDFAST_LOCKS \"memory:768MiB\"\n");
  report.tests.resize(1);
  EXPECT_EQ(memory_section(report), "");
}

}  // namespace
}  // namespace holdfast
