#include "doctor/diagnosis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/strings.hpp"
#include "base/text.hpp"

namespace holdfast::doctor {
namespace {

using Json = nlohmann::ordered_json;

// Findings of one kind that are shown; JSON has all.
constexpr std::size_t k_most_shown = 10;

std::string heading_of(Severity severity, std::size_t count) {
  const std::string_view words = severity == Severity::wrong ? "wrong" : "worth knowing";
  return fmt::format("\n{} ({}):\n", words, count);
}

using Group = std::vector<const Finding*>;

// Those of which one command does what is to do, in the order of their first findings.
std::vector<Group> groups_of(const Findings& findings, Severity severity) {
  std::vector<Group> groups;
  std::map<std::tuple<Kind, std::string_view, std::string_view>, std::size_t> places;
  for (const Finding& finding : findings) {
    if (severity_of(finding.kind) != severity) continue;
    const auto [place, is_new] =
        places.try_emplace({finding.kind, finding.advice, finding.command}, groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].push_back(&finding);
  }
  return groups;
}

std::string left_out(Kind kind, std::size_t count) {
  return fmt::format("  {}: {} more of this kind (--json has them)\n", name_of(area_of(kind)),
                     count);
}

std::string shown(const Group& group) {
  const Finding& first = *group.front();
  const std::string_view area = name_of(area_of(first.kind));
  const std::size_t count = std::min(group.size(), k_most_shown);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const Finding& finding = *group[i];
    text += fmt::format("  {}: {}\n", area, printable(finding.what));
    if (!finding.where.empty() && finding.what.find(finding.where) == std::string::npos) {
      text += fmt::format("    at: {}\n", printable(finding.where));
    }
  }
  const std::size_t more = group.size() - count;
  if (more > 0) text += left_out(first.kind, more);
  if (first.advice.empty()) return text;
  const std::string command = more > 0 ? first.command : command_for(group);
  return text + fmt::format("    do: {}{}\n", printable(first.advice),
                            command.empty() ? "" : ": " + printable(command));
}

std::string findings_of(const Diagnosis& diagnosis, Severity severity) {
  std::string text;
  std::size_t count = 0;
  std::map<Kind, std::size_t> shown_of;
  const std::vector<Group> groups = groups_of(diagnosis.findings, severity);
  std::map<Kind, std::size_t> left;
  for (const Group& group : groups) {
    count += group.size();
    std::size_t& number = shown_of[group.front()->kind];
    if (number < k_most_shown) {
      text += shown(group);
      number += std::min(group.size(), k_most_shown);
    } else {
      left[group.front()->kind] += group.size();
    }
  }
  for (const auto& [kind, number] : left) text += left_out(kind, number);
  return count == 0 ? text : heading_of(severity, count) + text;
}

std::string facts_of(const Diagnosis& diagnosis) {
  const Machine& machine = diagnosis.machine;
  std::string text = diagnosis.tree.empty()
                         ? std::string("no build tree here or above: only the machine is checked\n")
                         : fmt::format("tree: {}\n", printable(diagnosis.tree));
  text += fmt::format("machine: Holdfast {}, {}, {}\n", HOLDFAST_VERSION, machine.system,
                      counted(machine.limits.processors, "processor"));
  text += fmt::format("tools: {}\n", printable(describe(machine.tools)));
  text += fmt::format("limits: {}\n", printable(describe(machine.limits)));
  text += fmt::format("disk: {}\n", printable(describe(machine.places)));
  return text + fmt::format("memory: {}\n", describe(machine.memory));
}

std::string conclusion_of(const Findings& findings) {
  if (has_wrong(findings)) return {};
  return findings.empty() ? "\nnothing is wrong\n"
                          : "\nnothing is wrong, apart from what is worth knowing\n";
}

Json optional_number(const std::optional<std::uint64_t>& number) {
  return number ? Json(*number) : Json(nullptr);
}

Json in_bytes(const std::optional<std::uint64_t>& kb) {
  return kb ? Json(*kb * 1024) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(valid_utf8(text));
}

Json json_of(const Finding& finding) {
  Json object;
  object["severity"] = name_of(severity_of(finding.kind));
  object["area"] = name_of(area_of(finding.kind));
  object["finding"] = id_of(finding.kind);
  object["what"] = valid_utf8(finding.what);
  object["where"] = text_or_null(finding.where);
  object["advice"] = text_or_null(finding.advice);
  object["command"] = text_or_null(command_for({&finding}));
  return object;
}

Json json_of(const Machine& machine) {
  Json object;
  object["system"] = machine.system;
  object["processors"] = machine.limits.processors;
  object["limits"] = {{"descriptors", optional_number(machine.limits.descriptors.soft)},
                      {"processes", optional_number(machine.limits.processes.soft)},
                      {"core_bytes", optional_number(machine.limits.core.soft)},
                      {"core_pattern", valid_utf8(machine.limits.core_pattern)}};
  object["memory"] = {{"available_bytes", in_bytes(machine.memory.available_kb)},
                      {"size_bytes", in_bytes(machine.memory.size_kb)}};
  object["disk"] = Json::array();
  for (const Place& place : machine.places.all) {
    if (!place.trouble.empty()) continue;
    const os::DiskSpace& space = place.space;
    object["disk"].push_back(
        {{"path", valid_utf8(place.path)},
         {"use", place.use},
         {"free_bytes", space.free_kb * 1024},
         {"size_bytes", space.size_kb * 1024},
         {"free_inodes", space.inodes > 0 ? Json(space.free_inodes) : Json(nullptr)}});
  }
  object["tools"] = Json::array();
  for (const Tool& tool : machine.tools.all) {
    if (tool.state.answer != ToolState::Answer::version) continue;
    object["tools"].push_back({{"name", valid_utf8(tool.name)},
                               {"path", valid_utf8(tool.path)},
                               {"version", text_or_null(tool.state.version)}});
  }
  return object;
}

}  // namespace

std::string to_text(const Diagnosis& diagnosis) {
  std::string text = facts_of(diagnosis);
  text += findings_of(diagnosis, Severity::wrong);
  text += findings_of(diagnosis, Severity::worth_knowing);
  if (!diagnosis.unseen.empty()) text += "\nnot checked:\n";
  for (const std::string& one : diagnosis.unseen) text += "  " + printable(one) + "\n";
  return text + conclusion_of(diagnosis.findings);
}

std::string to_json(const Diagnosis& diagnosis) {
  Json json;
  json["version"] = 1;
  json["holdfast"] = HOLDFAST_VERSION;
  json["tree"] = text_or_null(diagnosis.tree);
  json["wrong"] = has_wrong(diagnosis.findings);
  json["findings"] = Json::array();
  for (const Finding& finding : diagnosis.findings) json["findings"].push_back(json_of(finding));
  json["not_looked_at"] = Json::array();
  for (const std::string& one : diagnosis.unseen) {
    json["not_looked_at"].push_back(valid_utf8(one));
  }
  json["machine"] = json_of(diagnosis.machine);
  return json.dump(2) + "\n";
}

}  // namespace holdfast::doctor
