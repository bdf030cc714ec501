#include "values/attach.hpp"

#include <gtest/gtest.h>

#include "base/random_text.hpp"

namespace holdfast {
namespace {

// As attach.cmake writes it.
std::string text_of_attach(const Attach& attach) {
  return attach_beginning(attach.ctest, attach.pid_namespace) +
         std::to_string(attach.include_count) + " " + attach.project + " " + attach.tree;
}

TEST(Attach, ItsTextIsReadBackUnchanged) {
  const Attach rows[] = {
      {{1, 0}, 4026532200, 0, "p", "/"},  // as the first process of a container
      {{2, 0}, 0, 0, "p", "/"},
      {{4711, 123456}, 4026531836, 1, "9ae16a3b2f90404f", "/home/a/build"},
      {{2147483647, 18446744073709551615ULL},
       4294967295U,
       4294967295U,
       "p",
       "/with blanks/ in it "},
      {{4711, 1}, 3, 2, "", "/no project"},
      {{4711, 1}, 3, 2, "p", "/line\nbreak"},
  };
  for (const Attach& row : rows) {
    const Result<Attach> back = parse_attach(text_of_attach(row));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, row) << text_of_attach(row);
  }
}

TEST(Attach, WhatIsNotOfVersionTwoIsRefusedWithTheTextAndTheReason) {
  const struct {
    const char* text;
    const char* reason;
  } rows[] = {
      {"", "version 2"},
      {"1 10 20 1 p /t", "version 2"},
      {"2", "pid"},
      {"2 0 20 7 1 p /t", "pid, above 0"},
      {"2 -5 20 7 1 p /t", "pid, above 0"},
      {"2 x 20 7 1 p /t", "pid, above 0"},
      {"2 10x 20 7 1 p /t", "pid, above 0"},
      {"2 99999999999 20 7 1 p /t", "pid, above 0"},
      {"2 10 -20 7 1 p /t", "start time"},
      {"2 10  7 1 p /t", "start time"},
      {"2 10 20 -7 1 p /t", "PID namespace"},
      {"2 10 20 1 p /t", "PID namespace"},
      {"2 10 20 7 -1 p /t", "include count"},
      {"2 10 20 7 1", "absolute path"},
      {"2 10 20 7 1 p", "absolute path"},
      {"2 10 20 7 1 p t", "absolute path"},
      {"2 10 20 7 1 p  /t", "absolute path"},
  };
  for (const auto& row : rows) {
    const Result<Attach> attach = parse_attach(row.text);
    ASSERT_FALSE(attach) << row.text;
    EXPECT_NE(attach.error().message.find(row.reason), std::string::npos) << attach.error().message;
    EXPECT_NE(attach.error().message.find(row.text), std::string::npos) << attach.error().message;
  }
}

TEST(Attach, AProcessNameIsAPidAboveZeroAndAStartTime) {
  const struct {
    const char* text;
    ProcessName process;
  } good[] = {{"1:5", {1, 5}}, {"2:0", {2, 0}}, {"4711:99", {4711, 99}}};
  for (const auto& row : good) {
    const Result<ProcessName> process = parse_process_name(row.text);
    ASSERT_TRUE(process) << row.text;
    EXPECT_EQ(*process, row.process);
    EXPECT_EQ(to_text(*process), row.text);
  }
  for (const char* bad :
       {"", ":", "5", "5:", ":5", "0:5", "-5:5", "5:5:5", " 5:5", "5: 5", "5:5 "}) {
    EXPECT_FALSE(parse_process_name(bad)) << bad;
  }
}

TEST(Attach, WhateverIsAcceptedIsWrittenTheSameWay) {
  RandomText random(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = "2 " + random.of("0123456789 /p-", 24);
    const Result<Attach> attach = parse_attach(text);
    if (!attach) continue;
    const Result<Attach> again = parse_attach(text_of_attach(*attach));
    ASSERT_TRUE(again) << text;
    EXPECT_EQ(*again, *attach) << text;
  }
}

}  // namespace
}  // namespace holdfast
