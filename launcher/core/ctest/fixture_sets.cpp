#include "core/ctest/fixture_sets.hpp"

#include <utility>

#include "core/base/file_name.hpp"
#include "core/base/parts.hpp"

namespace holdfast {
namespace {

// What the notes say of one test.
struct Noted {
  std::vector<std::string> fixtures;
  bool uses_services = false;
};

std::map<std::string, Noted> read_notes(std::string_view notes) {
  std::map<std::string, Noted> tests;
  while (!notes.empty()) {
    std::string_view line = take_part(notes, '\n');
    const std::string_view kind = take_part(line, ' ');
    if (kind != "F" && kind != "S") continue;
    Noted& test = tests[decode_file_name(take_part(line, ' '))];
    test.uses_services = test.uses_services || kind == "S";
    while (kind != "S" && !line.empty()) {
      const std::string_view name = take_part(line, ',');
      if (!name.empty()) test.fixtures.push_back(decode_file_name(name));
    }
  }
  return tests;
}

// Disjoint sets of numbers.
class Connected {
 public:
  std::size_t add() {
    above_.push_back(above_.size());
    return above_.size() - 1;
  }
  std::size_t top(std::size_t one) {
    while (above_[one] != one) one = above_[one] = above_[above_[one]];
    return one;
  }
  void connect(std::size_t one, std::size_t other) { above_[top(one)] = top(other); }

 private:
  std::vector<std::size_t> above_;
};

}  // namespace

FixtureSets FixtureSets::read(std::string_view notes) {
  const std::map<std::string, Noted> tests = read_notes(notes);
  Connected connected;
  std::map<std::string, std::size_t, std::less<>> number_of;
  for (const auto& [name, test] : tests) {
    for (const std::string& fixture : test.fixtures) {
      const auto [found, is_new] = number_of.try_emplace(fixture);
      if (is_new) found->second = connected.add();
      connected.connect(found->second, number_of.find(test.fixtures.front())->second);
    }
  }
  FixtureSets all;
  std::map<std::size_t, std::size_t> set_of_top;
  for (const auto& [fixture, number] : number_of) {
    const auto [found, is_new] = set_of_top.try_emplace(connected.top(number), all.count());
    if (is_new) all.uses_services_.push_back(false);
    all.set_of_[fixture] = found->second;
  }
  for (const auto& [name, test] : tests) {
    const std::optional<std::size_t> set = all.set_of(test.fixtures);
    if (set && test.uses_services) all.note_services(*set);
  }
  return all;
}

std::optional<std::size_t> FixtureSets::set_of(const std::vector<std::string>& fixtures) const {
  for (const std::string& fixture : fixtures) {
    if (const auto found = set_of_.find(fixture); found != set_of_.end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace holdfast
