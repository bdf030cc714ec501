#include "values/build_step.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(BuildStepTest, IsCalledByItsOutputThenItsTargetThenItsProgram) {
  BuildStep step;
  step.kind = StepKind::custom;
  EXPECT_EQ(step.title(), "custom");
  step.program = "python3";
  EXPECT_EQ(step.title(), "custom python3");
  step.target = "docs";
  EXPECT_EQ(step.title(), "custom docs");
  step.output = "a.html";
  EXPECT_EQ(step.title(), "custom a.html");
}

TEST(BuildStepTest, TheOutputIsWhatFollowsTheLastO) {
  EXPECT_EQ(output_in({"cc", "-c", "a.c", "-o", "a.o"}), "a.o");
  EXPECT_EQ(output_in({"cc", "-o", "a.o", "-o", "b.o"}), "b.o");
  EXPECT_EQ(output_in({"cc", "-Wall", "-o"}), "");
  EXPECT_EQ(output_in({"ar", "qc", "lib.a"}), "");
  EXPECT_EQ(output_in({}), "");
}

TEST(BuildStep, WhatLooksForModulesNamesTheFileThatGetsThem) {
  EXPECT_EQ(scanned_into(
                {"c++", "-E", "a.cpp", "-MT", "a.o.ddi", "-fdeps-file=a.o.ddi", "-o", "a.o.ddi.i"}),
            "a.o.ddi");
  EXPECT_EQ(scanned_into({"/usr/bin/clang-scan-deps-19", "-format=p1689", "--", "c++", "-o", "a.o",
                          "-MT", "a.o.ddi"}),
            "a.o.ddi");
  EXPECT_EQ(scanned_into({"c++", "-c", "a.cpp", "-fdeps-file=a.o.ddi", "-o", "a.o"}), "")
      << "it compiles, too";
  EXPECT_EQ(scanned_into({"c++", "-MD", "-MT", "a.o", "-MF", "a.o.d", "-o", "a.o"}), "");
  EXPECT_EQ(scanned_into({}), "");
}

TEST(BuildStepTest, TargetsThatCMakeItselfMakesAreKnown) {
  for (const CommandWords& command : std::vector<CommandWords>{
           {"/usr/bin/ctest", "--force-new-ctest-process"},
           {"/usr/bin/ccmake", "-S/s", "-B/b"},
           {"/usr/bin/cmake-gui", "-S/s", "-B/b"},
           {"cmake", "--regenerate-during-build", "-S/s", "-B/b"},
           {"/usr/bin/cmake", "-DCMAKE_INSTALL_COMPONENT=x", "-P", "cmake_install.cmake"}}) {
    EXPECT_TRUE(is_cmakes_own(command)) << command[0];
  }
  for (const CommandWords& command :
       std::vector<CommandWords>{{"/usr/bin/cmake", "-E", "touch", "x"},
                                 {"cmake", "-P", "gen.cmake"},
                                 {"ctester"},
                                 {},
                                 {"my-cmake", "-P", "cmake_install.cmake"}}) {
    EXPECT_FALSE(is_cmakes_own(command));
  }
}

}  // namespace
}  // namespace holdfast
