#include "programs/debugger.hpp"

#include <algorithm>
#include <iterator>

#include "base/environment.hpp"
#include "base/program_identity.hpp"

namespace holdfast::cli {
namespace {

std::vector<std::string> words_of_gdb(const DebuggedCommand& command,
                                      const std::vector<std::string>& extra) {
  std::vector<std::string> words{"-q"};
  for (const std::string& name : command.without) {
    words.insert(words.end(), {"-ex", "unset environment " + name});
  }
  for (const std::string& entry : command.inside) {
    const std::string_view name = name_in(entry);
    words.insert(words.end(), {"-ex", "set environment " + std::string(name) + " = " +
                                          entry.substr(name.size() + 1)});
  }
  words.insert(words.end(), extra.begin(), extra.end());
  words.emplace_back("--args");
  return words;
}

}  // namespace

std::vector<std::string> debugger_words(Debugger debugger, const std::string& program,
                                        const std::vector<std::string>& extra,
                                        const DebuggedCommand& command) {
  std::vector<std::string> words{program};
  const auto add = [&](const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
  };
  switch (debugger) {
    case Debugger::gdb:
      add(words_of_gdb(command, extra));
      break;
    case Debugger::lldb:
      add(extra);
      words.emplace_back("--");
      break;
    case Debugger::rr:
      words.emplace_back("record");
      add(extra);
      break;
  }
  add(command.words);
  return words;
}

std::vector<std::string> take_inside(Debugger debugger, std::vector<std::string>& environment,
                                     const std::vector<std::string>& own) {
  std::vector<std::string> inside;
  if (debugger != Debugger::gdb) return inside;
  const auto goes_inside = [&](const std::string& entry) {
    const bool may_break_debugger = entry.starts_with("LD_") || entry.starts_with("PYTHON");
    // gdb started with ours before; a command of gdb is one line.
    return may_break_debugger && entry.find('\n') == std::string::npos &&
           std::ranges::find(own, entry) == own.end();
  };
  std::ranges::copy_if(environment, std::back_inserter(inside), goes_inside);
  std::erase_if(environment, goes_inside);
  return inside;
}

std::vector<std::string> interpreter_of(std::string_view head) {
  if (is_elf(head)) return {};
  if (!head.starts_with("#!")) return {"/bin/sh"};
  std::string_view line = head.substr(2, head.find('\n') - 2);
  constexpr std::string_view k_blanks = " \t\r";
  line = trimmed(line, k_blanks);
  const std::size_t end = std::min(line.find_first_of(k_blanks), line.size());
  if (end == 0) return {"/bin/sh"};
  std::vector<std::string> words{std::string(line.substr(0, end))};
  // The kernel passes all that follows as one argument.
  const std::string_view argument = trimmed(line.substr(end), k_blanks);
  if (!argument.empty()) words.emplace_back(argument);
  return words;
}

bool is_interpreter(std::string_view program) {
  constexpr std::string_view k_names[] = {"sh",   "bash", "dash",  "zsh",  "env",
                                          "perl", "ruby", "cmake", "node", "valgrind"};
  const std::string_view name = last_part_of(program);
  return name.starts_with("python") || std::ranges::find(k_names, name) != std::end(k_names);
}

}  // namespace holdfast::cli
