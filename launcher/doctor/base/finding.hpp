// A finding of `holdfast doctor`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace holdfast::doctor {

enum class Severity : std::uint8_t { wrong, worth_knowing };

constexpr auto words_of(Severity) { return word_list("wrong", "worth_knowing"); }

// What was looked at.
enum class Area : std::uint8_t {
  attachment,
  tools,
  limits,
  disk,
  memory,
  rights,
  clock,
  leftovers,
  locks,
  ports,
  tests,
  settings,
  preflight,
};

constexpr auto words_of(Area) {
  return word_list("attachment", "tools", "limits", "disk", "memory", "rights", "clock",
                   "leftovers", "locks", "ports", "tests", "settings", "preflight");
}

// The rows of doctor/base/findings.def.
enum class Kind : std::uint8_t {
#define HOLDFAST_FINDING(id, ...) id,
#include "doctor/base/findings.def"
};

std::string_view id_of(Kind kind);
Severity severity_of(Kind kind);
Area area_of(Kind kind);

// Texts may hold any byte: whoever shows them makes them printable.
struct Finding {
  Kind kind;
  std::string what;          // a sentence without its full stop
  std::string where = {};    // a file, or a line of one; empty: `what` says it
  std::string advice = {};   // what to do, without a full stop
  std::string command = {};  // a command for a shell that does it; empty: there is none
  std::string target = {};   // what `command` has to build; empty: all
};

// The whole command for one finding, or for several that differ only in their targets.
std::string command_for(const std::vector<const Finding*>& findings);

using Findings = std::vector<Finding>;

// Appends.
void add(Findings& all, Findings more);

// The wrong ones first, and within them in the order of the areas. Findings of one kind keep their
// order.
void sort(Findings& all);

bool has_wrong(const Findings& all);

// Names in quotes, a few of them: `"a", "b" and 3 more`.
std::string some_of(const std::vector<std::string>& names);

}  // namespace holdfast::doctor
