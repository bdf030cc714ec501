#include "ctest/fixture_sets.hpp"

#include "base/encoding.hpp"
#include "base/strings.hpp"

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

}  // namespace

FixtureSets FixtureSets::read(std::string_view notes) {
  const std::map<std::string, Noted> tests = read_notes(notes);
  std::map<std::string, std::size_t> number_of;
  for (const auto& [name, test] : tests) {
    for (const std::string& fixture : test.fixtures) {
      number_of.try_emplace(fixture, number_of.size());
    }
  }
  DisjointSets connected(number_of.size());
  for (const auto& [name, test] : tests) {
    for (const std::string& fixture : test.fixtures) {
      connected.join(number_of[fixture], number_of[test.fixtures.front()]);
    }
  }
  FixtureSets all;
  std::map<std::size_t, std::size_t> place_of_set;
  for (const auto& [fixture, number] : number_of) {
    const auto [found, is_new] = place_of_set.try_emplace(connected.set_of(number), all.count());
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
