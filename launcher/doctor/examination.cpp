#include "doctor/examination.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "base/names.hpp"
#include "base/text.hpp"
#include "doctor/base/silent_paths.hpp"
#include "doctor/machine/clock.hpp"
#include "doctor/preflight/preflight.hpp"
#include "doctor/tree/attachment.hpp"
#include "doctor/tree/build.hpp"
#include "doctor/tree/leftovers.hpp"
#include "doctor/tree/programs.hpp"
#include "doctor/tree/settings.hpp"
#include "journal/run_directory.hpp"
#include "os/file/own_files.hpp"
#include "settings/declared_services.hpp"
#include "settings/keys.hpp"

namespace holdfast::doctor {

namespace {

using Json = nlohmann::ordered_json;

// Findings of one kind that are shown; JSON has all.
constexpr std::size_t k_most_shown = 10;

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
  const std::string_view heading = severity == Severity::wrong ? "wrong" : "worth knowing";
  return count == 0 ? text : fmt::format("\n{} ({}):\n{}", heading, count, text);
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
  return {{"severity", name_of(severity_of(finding.kind))},
          {"area", name_of(area_of(finding.kind))},
          {"finding", id_of(finding.kind)},
          {"what", valid_utf8(finding.what)},
          {"where", text_or_null(finding.where)},
          {"advice", text_or_null(finding.advice)},
          {"command", text_or_null(command_for({&finding}))}};
}

Json json_of(const Machine& machine) {
  Json disk = Json::array();
  for (const Place& place : machine.places.all) {
    if (!place.trouble.empty()) continue;
    const os::DiskSpace& space = place.space;
    disk.push_back({{"path", valid_utf8(place.path)},
                    {"use", place.use},
                    {"free_bytes", space.free_kb * 1024},
                    {"size_bytes", space.size_kb * 1024},
                    {"free_inodes", space.inodes > 0 ? Json(space.free_inodes) : Json(nullptr)}});
  }
  Json tools = Json::array();
  for (const Tool& tool : machine.tools.all) {
    if (tool.state.answer != ToolState::Answer::version) continue;
    tools.push_back({{"name", valid_utf8(tool.name)},
                     {"path", valid_utf8(tool.path)},
                     {"version", text_or_null(tool.state.version)}});
  }
  return {{"system", machine.system},
          {"processors", machine.limits.processors},
          {"limits",
           {{"descriptors", optional_number(machine.limits.descriptors.soft)},
            {"processes", optional_number(machine.limits.processes.soft)},
            {"core_bytes", optional_number(machine.limits.core.soft)},
            {"core_pattern", valid_utf8(machine.limits.core_pattern)}}},
          {"memory",
           {{"available_bytes", in_bytes(machine.memory.available_kb)},
            {"size_bytes", in_bytes(machine.memory.size_kb)}}},
          {"disk", std::move(disk)},
          {"tools", std::move(tools)}};
}

void add_machine(const std::string& tree, Tools tools, Diagnosis& diagnosis) {
  Machine& machine = diagnosis.machine;
  utsname system{};
  (void)::uname(&system);
  machine.system = fmt::format("{} {}", system.sysname, system.release);
  machine.limits = look_at_limits();
  machine.places = look_at_places(tree, tools.patience);
  machine.memory = look_at_memory();
  machine.tools = std::move(tools);
  ask_for_versions(machine.tools);
  add(diagnosis.findings, check_tools(machine.tools));
  add(diagnosis.findings, check_limits(machine.limits));
  add(diagnosis.findings, check_places(machine.places));
  add(diagnosis.findings, check_memory(machine.memory));
}

// The files of a test that the build may make: its program, and those that its command names.
std::vector<std::string> built_files_of(const ListedTest& test, const SeenTest& seen) {
  std::vector<std::string> files;
  if (seen.program == SeenTest::Program::found) files.push_back(seen.path);
  std::error_code error;
  for (std::size_t i = 1; i < test.command.size(); ++i) {
    std::string path = path_in(test, test.command[i]);
    if (std::filesystem::is_regular_file(path, error)) files.push_back(std::move(path));
  }
  return files;
}

// What the command and the properties of tests name.
std::set<std::string> paths_that_are_looked_at(const std::vector<ListedTest>& tests) {
  std::set<std::string> paths;
  for (const ListedTest& test : tests) {
    if (test.is_disabled) continue;
    paths.insert(test.directory);
    for (const std::string& file : test.required_files) paths.insert(path_in(test, file));
    for (const std::string& word : test.command) {
      if (word.find('/') != std::string::npos) paths.insert(path_in(test, word));
    }
  }
  return paths;
}

class TreeExamination {
 public:
  TreeExamination(const TreeOrder& order, Milliseconds patience)
      : order_(order), patience_(patience) {}

  Diagnosis examine() && {
    diagnosis_.tree = order_.tree;
    add_machine(order_.tree, needed_tools(order_.tree, order_.cached, patience_), diagnosis_);
    examine_attachment();
    const Leftovers left = look_at_leftovers(order_.tree);
    if (!left.unseen.empty()) diagnosis_.unseen.push_back(left.unseen);
    take(check_leftovers(left));
    examine_tests();
    examine_settings();
    examine_clock();
    sort(diagnosis_.findings);
    return std::move(diagnosis_);
  }

 private:
  void take(Findings findings) { add(diagnosis_.findings, std::move(findings)); }

  void examine_attachment() {
    Attachment attachment = look_at_attachment(order_.tree, order_.cached("CMAKE_CACHEFILE_DIR"));
    attachment.said = lines_of_holdfast(order_.listing.said);
    take(check_attachment(attachment));
  }

  void examine_tests() {
    const Listing& listing = order_.listing;
    if (!listing.unseen.empty()) return diagnosis_.unseen.push_back("the tests: " + listing.unseen);
    if (!listing.trouble.empty()) {
      return take({{Kind::tests_unlisted, listing.trouble, order_.tree, "see what ctest says",
                    "ctest --test-dir " + for_shell(order_.tree) + " -N"}});
    }
    if (listing.tests.empty()) {
      return take({{Kind::no_tests, "the tree has no test", order_.tree,
                    "call enable_testing() and add_test(), or choose another tree (--tree)"}});
    }
    for (const std::string& path : paths_that_are_looked_at(listing.tests)) {
      if (!is_silent(path, patience_)) continue;
      return diagnosis_.unseen.push_back("what tests start and need: " +
                                         say_silent(path, patience_));
    }
    Programs programs{look_at_programs(listing.tests), build_command()};
    auto seen = programs.tests.begin();
    for (const ListedTest& test : listing.tests) {
      if (test.is_disabled) continue;
      for (const std::string& file : built_files_of(test, *seen++)) {
        tests_of_file_[file].push_back(test.name);
      }
      for (const std::string& file : test.required_files) files_.insert(path_in(test, file));
    }
    examine_build(programs);
    take(check_programs(programs));
  }

  std::string build_command() const {
    std::string command = "cmake --build " + for_shell(order_.tree);
    if (!order_.configuration.empty()) command += " --config " + for_shell(order_.configuration);
    return command;
  }

  // Fills in the targets of programs that are missing.
  void examine_build(Programs& programs) {
    const std::string generator = order_.cached("CMAKE_GENERATOR");
    if (!generator.starts_with("Ninja")) {
      return diagnosis_.unseen.push_back(
          fmt::format("whether programs are older than their sources: the tree is built by {}, "
                      "and only Ninja says it",
                      generator.empty() ? "another tool" : generator));
    }
    const std::string manifest =
        generator == "Ninja" ? "build.ninja" : fmt::format("build-{}.ninja", order_.configuration);
    BuildOrder build{{order_.tree, order_.cached("CMAKE_MAKE_PROGRAM"), manifest, patience_},
                     programs.build};
    for (const SeenTest& test : programs.tests) {
      if (test.program == SeenTest::Program::missing) build.missing.push_back(test.path);
    }
    for (const auto& [file, tests] : tests_of_file_) build.programs.push_back(file);
    // Without Ninja, that is a finding about tools.
    if (::access(build.ninja.program.c_str(), X_OK) != 0) return;
    const Build seen = look_at_build(build);
    for (const auto& [path, target] : seen.missing) programs.targets.emplace(path, target);
    take(
        check_build(build, seen, [&](const std::string& file) { return tests_of_file_.at(file); }));
    files_.insert(seen.newer.begin(), seen.newer.end());
    if (seen.unseen == 0) return;
    diagnosis_.unseen.push_back(
        fmt::format("whether {} {} older than {} sources: a reason of Ninja names no output",
                    counted(seen.unseen, "more program"), seen.unseen == 1 ? "is" : "are",
                    seen.unseen == 1 ? "its" : "their"));
  }

  void examine_settings() {
    const std::optional<std::string> file = settings_file_of_tree(order_.tree);
    const Result<ProjectSettings> project = ProjectSettings::load(file, selected_profile());
    if (!project) {
      take({{Kind::settings_refused, to_text(in_one_line(project.error())), file.value_or(""),
             "correct it (docs/reference/config.md)"}});
      return take(check_locks(look_at_locks(order_.tree), {}, own_scopes(home())));
    }
    const Settings& settings = project->settings();
    if (settings.file.empty() && !project->note().empty()) {
      take({{Kind::settings_ignored, project->note(), "", "unset HOLDFAST_PROFILE, or write it"}});
    }
    take(check_patterns(settings, order_.listing.tests, day_of(os::unix_now_ms())));
    RequestedResources requested = wishes_of(order_.listing.tests, *project, home());
    take(check_properties(requested));
    look_at_rights(requested.rights);
    take(check_rights(requested.rights));
    const bool are_unknown = order_.listing.tests.empty();
    take(check_locks(look_at_locks(order_.tree), requested.locks,
                     are_unknown ? own_scopes(home()) : std::vector<std::string>()));
    take(check_etcd(look_at_etcd(settings.cluster, patience_)));
    examine_services(settings, requested);
    take(look_at_needs(settings.preflight, order_.tree, patience_));
  }

  LockHome home() const {
    const Result<std::string> text =
        os::read_own(order_.tree + "/" + std::string(names::k_project_file));
    return {text ? text->substr(0, text->find('\n')) : std::string(), order_.tree};
  }

  void examine_services(const Settings& settings, const RequestedResources& requested) {
    const Result<std::vector<ServiceSpec>> services =
        services_of_tree(settings, order_.tree, order_.configuration);
    if (!services) {
      // In a tree with several configurations, services are declared for each of them.
      if (!order_.listing.unseen.empty()) return;
      return take({{Kind::service_refused, to_text(services.error()), settings.file,
                    "correct the declaration"}});
    }
    const std::vector<SeenService> seen = look_at_services(*services);
    take(check_services(seen, requested, settings.file));
    take(check_ports(look_at_ports(seen, requested.ports, order_.tree)));
  }

  void examine_clock() {
    Times times;
    times.now_ms = os::unix_now_ms();
    for (const char* name : {"CMakeCache.txt", "CTestTestfile.cmake", "build.ninja"}) {
      files_.insert(order_.tree + "/" + name);
    }
    files_.insert(order_.cached("CMAKE_HOME_DIRECTORY") + "/CMakeLists.txt");
    for (const auto& [file, tests] : tests_of_file_) files_.insert(file);
    look_at_files({files_.begin(), files_.end()}, times);
    const std::vector<RunEntry> runs = list_runs(order_.tree);
    if (!runs.empty()) {
      times.run = runs.front().id;
      times.run_at_ms = static_cast<std::int64_t>(started_at(runs.front()) * 1000);
    }
    take(check_times(times));
  }

  const TreeOrder& order_;
  Milliseconds patience_;
  Diagnosis diagnosis_;
  std::map<std::string, std::vector<std::string>> tests_of_file_;
  std::set<std::string> files_;  // whose dates are looked at
};

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
  const auto as_json = [](const Finding& finding) { return json_of(finding); };
  const Json json{{"version", 1},
                  {"holdfast", HOLDFAST_VERSION},
                  {"tree", text_or_null(diagnosis.tree)},
                  {"wrong", has_wrong(diagnosis.findings)},
                  {"findings", collected(diagnosis.findings, as_json)},
                  {"not_looked_at", collected(diagnosis.unseen, valid_utf8)},
                  {"machine", json_of(diagnosis.machine)}};
  return json.dump(2) + "\n";
}

Diagnosis examine_machine(Milliseconds patience) {
  Diagnosis diagnosis;
  const auto nothing = [](const std::string&) { return std::string(); };
  add_machine("", needed_tools("", nothing, patience), diagnosis);
  add(diagnosis.findings, check_times({.now_ms = os::unix_now_ms()}));
  add(diagnosis.findings, check_etcd(look_at_etcd({}, patience)));
  sort(diagnosis.findings);
  return diagnosis;
}

Diagnosis examine_tree(const TreeOrder& order, Milliseconds patience) {
  return TreeExamination(order, patience).examine();
}

}  // namespace holdfast::doctor
