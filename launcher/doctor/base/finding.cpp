#include "doctor/base/finding.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "base/text.hpp"

namespace holdfast::doctor {
namespace {

constexpr std::size_t k_most_named = 3;

struct Row {
  std::string_view name;
  Severity severity;
  Area area;
};

const Row& row_of(Kind kind) {
  static constexpr Row k_rows[] = {
#define HOLDFAST_FINDING(id, severity, area, ...) {#id, Severity::severity, Area::area},
#include "doctor/base/findings.def"
  };
  return k_rows[static_cast<std::size_t>(kind)];
}

}  // namespace

std::string_view id_of(Kind kind) { return row_of(kind).name; }
Severity severity_of(Kind kind) { return row_of(kind).severity; }
Area area_of(Kind kind) { return row_of(kind).area; }

void add(Findings& all, Findings more) { std::ranges::move(more, std::back_inserter(all)); }

void sort(Findings& all) {
  std::ranges::stable_sort(all, {}, [](const Finding& one) {
    return std::tuple(severity_of(one.kind), area_of(one.kind));
  });
}

std::string command_for(const std::vector<const Finding*>& findings) {
  std::string command = findings.front()->command;
  const auto has_none = [](const Finding* finding) { return finding->target.empty(); };
  if (command.empty() || std::ranges::any_of(findings, has_none)) return command;
  command += " --target";
  for (const Finding* finding : findings) command += " " + for_shell(finding->target);
  return command;
}

bool has_wrong(const Findings& all) {
  return std::ranges::any_of(
      all, [](const Finding& one) { return severity_of(one.kind) == Severity::wrong; });
}

std::string some_of(const std::vector<std::string>& names) {
  return bounded_list(names, k_most_named, brief_in_quotes);
}

}  // namespace holdfast::doctor
