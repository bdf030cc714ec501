#include "cli/watch/whole_entries.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

namespace holdfast::cli {
namespace {

const std::string k_dashes(58, '-');

std::string entry(int index, const std::string& name, const std::string& output) {
  const std::string number = std::to_string(index) + "/9";
  return number + " Testing: " + name + "\n" + number + " Test: " + name +
         "\nCommand: \"/x\"\nDirectory: /t\n\"" + name + "\" start time: Nov 20\nOutput:\n" +
         k_dashes + "\n" + output + "<end of output>\nTest time =   0.03 sec\n" + k_dashes +
         "\nTest Passed.\n\"" + name + "\" end time: Nov 20\n\"" + name +
         "\" time elapsed: 00:00:00\n" + k_dashes + "\n\n";
}

// The names that are found if the log grows by so many bytes between two looks.
std::string found(const std::string& log, std::size_t step, LastEntry last = LastEntry::may_grow) {
  std::string names;
  std::size_t at = 0;
  for (std::size_t end = step; end < log.size() + step; end += step) {
    std::istringstream part(log.substr(at, std::min(end, log.size()) - at));
    const WholeEntries whole = whole_entries(scan_marks(part), last);
    for (const LogEntry& one : whole.entries) names += one.name + " ";
    at += whole.read;
  }
  return names;
}

TEST(WholeEntries, AreFoundOnceHoweverTheLogGrows) {
  // One test prints the log of another run, and of itself.
  const std::string shown = entry(1, "x", "") + entry(2, "shows", "") + entry(4, "y", "z\n");
  const std::string log = "Start testing: Nov 20\n" + k_dashes + "\n" + entry(1, "a", "b\n") +
                          entry(2, "shows", shown) + entry(3, "a", "") + entry(4, "y", "");
  for (std::size_t step = 1; step <= log.size(); ++step) {
    ASSERT_EQ(found(log, step), "a shows a y ") << step;
  }
}

TEST(WholeEntries, WhatNeverEndsHoldsUpTheRestOnlyWhileItMayGrow) {
  const std::string all = entry(2, "odd", "");
  const std::string beginning = all.substr(0, all.find("<end of output>"));
  const std::string log = entry(1, "a", "") + entry(2, "odd", beginning) + entry(3, "b", "");
  EXPECT_EQ(found(log, log.size()), "a ");
  EXPECT_EQ(found(log, log.size(), LastEntry::is_as_it_is), "a odd b ");
  std::istringstream stream(log);
  const std::vector<LogMark> marks = scan_marks(stream);
  EXPECT_FALSE(whole_entries(marks, LastEntry::may_grow).is_all);
  EXPECT_TRUE(whole_entries(marks, LastEntry::is_as_it_is).is_all);
}

}  // namespace
}  // namespace holdfast::cli
