#include "values/containment.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

constexpr const char* k_expected =
    "none, or some of cgroup, pidns, netns and tmp with commas between";

TEST(Containment, IsReadInAnyOrderAndWrittenInOne) {
  const struct {
    const char* text;
    Containment containment;
    const char* written;
  } rows[] = {
      {"none", {}, "none"},
      {"cgroup", {Boundary::cgroup}, "cgroup"},
      {"tmp,netns,pidns", {Boundary::pidns, Boundary::netns, Boundary::tmp}, "pidns,netns,tmp"},
      {"netns, cgroup", {Boundary::cgroup, Boundary::netns}, "cgroup,netns"},
      {"tmp,tmp", {Boundary::tmp}, "tmp"},
  };
  for (const auto& row : rows) {
    const Result<Containment> read = parse_containment(row.text);
    ASSERT_TRUE(read) << row.text;
    EXPECT_EQ(*read, row.containment) << row.text;
    EXPECT_EQ(to_text(*read), row.written);
    EXPECT_EQ(*parse_containment(to_text(*read)), *read);
  }
}

TEST(Containment, WhatIsNoBoundaryIsRefusedWithAllThatAre) {
  for (const char* text : {"", "jail", "pidns,", ",pidns", "pidns,,tmp", "none,tmp", "tmp,none",
                           "PIDNS", "pidns;tmp", "pidns tmp"}) {
    const Result<Containment> read = parse_containment(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(expected_by(read.error()), k_expected);
  }
}

TEST(Containment, IsASet) {
  const Containment all{Boundary::cgroup, Boundary::pidns, Boundary::netns, Boundary::tmp};
  EXPECT_EQ(all.among(k_namespaces), k_namespaces);
  EXPECT_EQ(all.without(k_namespaces), Containment({Boundary::cgroup}));
  EXPECT_FALSE(all.without(all).has_any());
  EXPECT_TRUE(Containment().with(Boundary::tmp).has(Boundary::tmp));
  EXPECT_FALSE(Containment({Boundary::tmp}).has(Boundary::netns));
}

}  // namespace
}  // namespace holdfast
