#include "programs/debugger.hpp"

#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

using Words = std::vector<std::string>;

TEST(Debugger, GetsTheCommandAsItsOwnWay) {
  const DebuggedCommand command{{"/t", "-x", "a b"}, {}, {}};
  const Words extra{"-batch"};
  EXPECT_EQ(debugger_words(Debugger::gdb, "/gdb", extra, command),
            (Words{"/gdb", "-q", "-batch", "--args", "/t", "-x", "a b"}));
  EXPECT_EQ(debugger_words(Debugger::lldb, "/lldb", extra, command),
            (Words{"/lldb", "-batch", "--", "/t", "-x", "a b"}));
  EXPECT_EQ(debugger_words(Debugger::rr, "/rr", extra, command),
            (Words{"/rr", "record", "-batch", "/t", "-x", "a b"}));
}

TEST(Debugger, GivesTheCommandVariablesThatItDoesNotHaveItself) {
  const DebuggedCommand command{{"/t"}, {"LD_PRELOAD=/a b", "PYTHONHOME="}, {"LINES"}};
  EXPECT_EQ(debugger_words(Debugger::gdb, "gdb", {}, command),
            (Words{"gdb", "-q", "-ex", "unset environment LINES", "-ex",
                   "set environment LD_PRELOAD = /a b", "-ex",
                   "set environment PYTHONHOME = ", "--args", "/t"}));
}

TEST(Debugger, KeepsAwayFromItselfWhatTheTestSetsForTheLoaderAndPython) {
  const Words own{"LD_LIBRARY_PATH=/mine"};
  const Words all{"LD_LIBRARY_PATH=/mine", "LD_PRELOAD=/p", "PYTHONPATH=/q", "A=1", "LD_X=a\nb"};
  Words environment = all;
  EXPECT_EQ(take_inside(Debugger::gdb, environment, own),
            (Words{"LD_PRELOAD=/p", "PYTHONPATH=/q"}));
  EXPECT_EQ(environment, (Words{"LD_LIBRARY_PATH=/mine", "A=1", "LD_X=a\nb"}));
  environment = all;
  EXPECT_EQ(take_inside(Debugger::lldb, environment, own), Words{});
  EXPECT_EQ(environment, all);
}

TEST(Debugger, AScriptIsItsInterpreters) {
  EXPECT_EQ(interpreter_of("\x7f"
                           "ELF\x02"),
            Words{});
  EXPECT_EQ(interpreter_of("#!/bin/sh\necho"), Words{"/bin/sh"});
  EXPECT_EQ(interpreter_of("#! /usr/bin/env  python3 -u \r\n"),
            (Words{"/usr/bin/env", "python3 -u"}));
  EXPECT_EQ(interpreter_of("#!/bin/sh"), Words{"/bin/sh"});
  EXPECT_EQ(interpreter_of("#!\n"), Words{"/bin/sh"});
  EXPECT_EQ(interpreter_of("echo 1\n"), Words{"/bin/sh"});
  EXPECT_EQ(interpreter_of(""), Words{"/bin/sh"});
}

TEST(Debugger, KnowsWhatOnlyRunsATest) {
  for (const char* name : {"/bin/sh", "python3.11", "/usr/bin/python3", "cmake"}) {
    EXPECT_TRUE(is_interpreter(name)) << name;
  }
  for (const char* name : {"/bin/shell_test", "unit", ""})
    EXPECT_FALSE(is_interpreter(name)) << name;
}

}  // namespace
}  // namespace holdfast::cli
