// How a debugger is started on a command.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace holdfast::cli {

enum class Debugger : std::uint8_t { gdb, lldb, rr };

constexpr auto words_of(Debugger) { return word_list("gdb", "lldb", "rr"); }

struct DebuggedCommand {
  std::vector<std::string> words;
  // `NAME=VALUE` that only the command gets: gdb itself may not start with them (LD_PRELOAD).
  std::vector<std::string> inside;
  std::vector<std::string> without;  // variables that gdb adds by itself
};

// The words that start the debugger `program` on the command. `extra` are the user's own words for
// the debugger.
std::vector<std::string> debugger_words(Debugger debugger, const std::string& program,
                                        const std::vector<std::string>& extra,
                                        const DebuggedCommand& command);

// Moves variables out of `environment` that may keep a debugger from starting, if `debugger` can
// give them to the command alone: those of the loader and of Python, which gdb and lldb contain.
std::vector<std::string> take_inside(Debugger debugger, std::vector<std::string>& environment,
                                     const std::vector<std::string>& own);

// What the kernel would start for a command whose program begins with `head`: for a script its
// interpreter (execve(2)), and without one a shell, as execvp(3) does. Empty: the program itself.
std::vector<std::string> interpreter_of(std::string_view head);

// Whether this program runs the test and hardly is the test: a shell, Python, CMake and so on.
bool is_interpreter(std::string_view program);

}  // namespace holdfast::cli
