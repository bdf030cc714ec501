// By what ctest decides when it starts a test, besides COST and what is free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast {

struct TestSchedule {
  std::vector<std::string> depends = {};   // names of tests; there may be no such test
  std::vector<std::string> setup = {};     // the fixtures that it sets up,
  std::vector<std::string> required = {};  // those that it requires,
  std::vector<std::string> cleanup = {};   // and those that it cleans up
  bool serial = false;                     // RUN_SERIAL
  std::int64_t processors = 1;             // how many of ctest's slots it takes

  bool empty() const { return *this == TestSchedule(); }
  friend bool operator==(const TestSchedule&, const TestSchedule&) = default;
};

}  // namespace holdfast
