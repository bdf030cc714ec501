#include "settings/locks_for_ctest.hpp"

#include <gtest/gtest.h>

#include "values/said_values.hpp"

namespace holdfast {
namespace {

TEST(LocksForCtest, PatternsThatCmakeReadsAsWeDo) {
  for (const char* same : {"", "db", "^db\\.", "a.*b$", "x+", "^$", "a/b:c", "\\(x\\)", "\xC3\xA4",
                           "^(apples|pears)$", "a|b.*", "a?", "(a(b|c))d"}) {
    EXPECT_TRUE(means_the_same_to_cmake(same)) << same;
  }
  for (const char* other :
       {"\\d",  "(?i)a", "[ab]", "a{2}", "a*?", "(a)*", "()",
        "(a|)", "|a",    "a|",   "a|$",  "(a",  "a)",   "(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)",
        "a**",  "*a",    "^*",   "a^",   "$a",  "\\",   "a\\",
        "\\b",  "\"",    "${x}", "a\nb"}) {
    EXPECT_FALSE(means_the_same_to_cmake(other)) << other;
  }
}

SettingsOverride said(const char* test, const char* locks) {
  SettingsOverride one;
  one.test = test;
  one.said = {in_file(Setting::locks, locks)};
  return one;
}

TEST(LocksForCtest, OverridesAreToldInTheOrderInWhichTheyCount) {
  Settings settings;
  EXPECT_EQ(locks_for_ctest(settings), "");
  settings.overrides = {said("^db\\.", "db,net@user"), said("\\d", "other"),
                        said("rd", "db:shared,n:1/2")};
  EXPECT_EQ(locks_for_ctest(settings),
            "# Written by `holdfast begin`: the locks and services of holdfast.toml, for ctest.\n"
            "function(_holdfast_locks_of_file test out)\n"
            "  set(locks \"\")\n"
            "  if(test MATCHES [====[^db\\.]====])\n"
            "    set(locks [====[db@project]====] [====[net@user]====])\n"
            "  endif()\n"
            "  if(test MATCHES [====[rd]====])\n"
            "    set(locks [====[db:shared@project]====] [====[n:1/2@project]====])\n"
            "  endif()\n"
            "  set(${out} \"${locks}\" PARENT_SCOPE)\n"
            "endfunction()\n");
}

TEST(LocksForCtest, ServicesAreToldByAFunctionOfTheirOwn) {
  Settings settings;
  settings.overrides = {said("web", ""), said("db", ""), said("old", "")};
  settings.overrides[0].said = {in_file(Setting::services, "db,web:exclusive")};
  settings.overrides[1].said = {in_file(Setting::services, "db")};
  settings.overrides[1].label = "slow";
  settings.overrides[2].said = {in_file(Setting::services, "")};
  EXPECT_EQ(locks_for_ctest(settings),
            "# Written by `holdfast begin`: the locks and services of holdfast.toml, for ctest.\n"
            "function(_holdfast_services_of_file test out)\n"
            "  set(services \"\")\n"
            "  if(test MATCHES [====[web]====])\n"
            "    set(services [====[db,web:exclusive]====])\n"
            "  endif()\n"
            "  if(test MATCHES [====[old]====])\n"
            "    set(services \"\")\n"
            "  endif()\n"
            "  set(${out} \"${services}\" PARENT_SCOPE)\n"
            "endfunction()\n");
}

TEST(LocksForCtest, LabelsAndNamesThatNoListHoldsAreLeftOut) {
  Settings settings;
  settings.overrides = {said("a", "db"), said("b", "[odd]")};
  settings.overrides[0].label = "slow";
  const std::string text = locks_for_ctest(settings);
  EXPECT_EQ(text.find("slow"), std::string::npos);
  EXPECT_EQ(text.find("odd"), std::string::npos);
  EXPECT_EQ(text.find("(locks [====["), std::string::npos);
}

TEST(LocksForCtest, WhatBracketsCannotQuoteIsLeftOut) {
  Settings settings;
  settings.overrides = {said("c", "a[b,ok"), said("a\\]b", "db")};
  const std::string text = locks_for_ctest(settings);
  EXPECT_NE(text.find("set(locks [====[ok@project]====])"), std::string::npos) << text;
  EXPECT_EQ(text.find("a[b"), std::string::npos) << text;
  EXPECT_EQ(text.find("db@project"), std::string::npos) << text;
}

TEST(LocksForCtest, TheProfileThatCountsLastIsToldLast) {
  Settings settings;
  settings.layers = {{"default", {in_file(Setting::locks, "db")}},
                     {"middle", {in_file(Setting::timeout, "5")}},
                     {"ci", {in_file(Setting::locks, "net@user")}}};
  settings.overrides = {said("web", "")};
  EXPECT_EQ(locks_for_ctest(settings),
            "# Written by `holdfast begin`: the locks and services of holdfast.toml, for ctest.\n"
            "function(_holdfast_locks_of_file test out)\n"
            "  set(locks \"\")\n"
            "  set(locks [====[db@project]====])\n"
            "  set(locks [====[net@user]====])\n"
            "  if(test MATCHES [====[web]====])\n"
            "    set(locks \"\")\n"
            "  endif()\n"
            "  set(${out} \"${locks}\" PARENT_SCOPE)\n"
            "endfunction()\n");
}

}  // namespace
}  // namespace holdfast
