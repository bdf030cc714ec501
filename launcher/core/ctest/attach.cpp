#include "core/ctest/attach.hpp"

#include <cstdint>
#include <optional>

#include "core/base/number.hpp"

namespace holdfast {
namespace {

// Takes the text up to the next blank off the front.
std::string_view take_word(std::string_view& text) {
  const std::size_t blank = text.find(' ');
  const std::string_view word = text.substr(0, blank);
  text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
  return word;
}

}  // namespace

Result<Attach> parse_attach(std::string_view text) {
  const auto refused = [&](const char* why) {
    return ErrorInWords{"HOLDFAST_ATTACH=\"" + std::string(text) + "\": " + why};
  };
  std::string_view rest = text;
  if (take_word(rest) != "2") return refused("expected version 2");
  const auto pid = parse_number<int>(take_word(rest));
  const auto start = parse_number<std::uint64_t>(take_word(rest));
  const auto pid_namespace = parse_number<std::uint64_t>(take_word(rest));
  const auto count = parse_number<unsigned>(take_word(rest));
  if (!pid || *pid < 1) return refused("expected ctest's pid, above 0");
  if (!start || !pid_namespace || !count) {
    return refused("expected ctest's start time, its PID namespace and an include count");
  }
  Attach attach;
  attach.ctest = ProcessName{*pid, *start};
  attach.pid_namespace = *pid_namespace;
  attach.include_count = *count;
  attach.project = take_word(rest);
  attach.tree = rest;
  if (attach.tree.empty() || attach.tree.front() != '/') {
    return refused("expected the absolute path of the build tree at the end");
  }
  return attach;
}

std::string to_text(const Attach& attach) {
  return attach_beginning(attach.ctest, attach.pid_namespace) +
         std::to_string(attach.include_count) + " " + attach.project + " " + attach.tree;
}

std::string attach_beginning(const ProcessName& ctest, std::uint64_t pid_namespace) {
  return "2 " + std::to_string(ctest.pid) + " " + std::to_string(ctest.start) + " " +
         std::to_string(pid_namespace) + " ";
}

}  // namespace holdfast
