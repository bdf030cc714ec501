// What `holdfast doctor` has found, as text and as JSON.
#pragma once

#include <string>
#include <vector>

#include "doctor/base/finding.hpp"
#include "doctor/machine/limits.hpp"
#include "doctor/machine/space.hpp"
#include "doctor/machine/tools.hpp"

namespace holdfast::doctor {

struct Machine {
  std::string system = {};  // "Linux 6.18.44"
  Limits limits = {};
  Places places = {};
  Memory memory = {};
  Tools tools = {};
};

struct Diagnosis {
  std::string tree = {};  // empty: only the machine was looked at
  Machine machine = {};
  Findings findings = {};  // sorted
  // What could not be looked at, and why: "whether programs are older than their sources: …".
  std::vector<std::string> unseen = {};
};

// Lines for people, safe for a terminal.
std::string to_text(const Diagnosis& diagnosis);
// The format is in docs/reference/report-formats.md.
std::string to_json(const Diagnosis& diagnosis);

}  // namespace holdfast::doctor
