#include "keeper/base/interruption.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/outcome/supervision.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_most_named = 5;

std::string names_of(const std::vector<std::string>& tests) {
  std::string text;
  const std::size_t named = std::min(tests.size(), k_most_named);
  for (std::size_t i = 0; i < named; ++i) {
    if (i > 0) text += i + 1 == tests.size() ? " and " : ", ";
    text += "\"" + tests[i] + "\"";
  }
  if (tests.size() > named) text += fmt::format(" and {} more", tests.size() - named);
  return text;
}

}  // namespace

void Interruption::hold_back(std::string line, std::string test, Milliseconds now) {
  if (held_back_.empty()) due_ = now + k_same_event;
  held_back_.push_back({std::move(line), std::move(test)});
}

std::vector<std::string> Interruption::take_lines() {
  std::vector<std::string> lines;
  for (HeldBack& held : held_back_) lines.push_back(std::move(held.line));
  held_back_.clear();
  due_ = k_longest;
  return lines;
}

std::string Interruption::end_of_ctest(const std::vector<std::string>& running) {
  std::vector<std::string> tests;
  for (HeldBack& held : held_back_) tests.push_back(std::move(held.test));
  for (const std::string& test : running) {
    // The test may be in both lists: its launcher may have reported the interruption and not yet
    // have said farewell.
    if (std::ranges::find(tests, test) == tests.end()) tests.push_back(test);
  }
  held_back_.clear();
  due_ = k_longest;
  said_ = true;
  if (tests.empty()) return {};
  return fmt::format("ctest has ended before its tests; ending {} with all {} started",
                     names_of(tests), tests.size() == 1 ? "it" : "they");
}

}  // namespace holdfast
