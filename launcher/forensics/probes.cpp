#include "forensics/probes.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/encoding.hpp"
#include "base/environment.hpp"
#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/program_identity.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/lock_survey.hpp"

namespace holdfast::forensics {
namespace {

constexpr std::size_t k_longest_text = 4096;  // as in the journal
constexpr std::size_t k_width = 10;

// Replaces what would move a terminal's cursor.
std::string fit_for_lines(std::string_view text) {
  std::string fit(text.substr(0, k_longest_text));
  for (char& c : fit) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n') || byte == 0x7f) c = '?';
  }
  return fit;
}

// At least one blank follows, even after the longest text.
std::string padded(std::string_view text) {
  return std::string(text) + std::string(k_width - std::min(k_width - 1, text.size()), ' ');
}

constexpr std::string_view k_own_prefix = "HOLDFAST_";

constexpr std::size_t k_look_alikes = 5;

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// The nearest directory above that is still there.
std::string what_is_left_of(std::string path) {
  while (path != "/" && path != "." && !os::is_directory(path)) path = directory_of(path);
  return path;
}

bool is_missing(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

enum class FileKind : std::uint8_t { program, input };

Result<std::string> look_at(const std::string& path, const std::optional<ProgramIdentity>& before,
                            FileKind kind) {
  if (is_missing(path)) {
    struct stat info {};
    const bool dangling = ::lstat(path.c_str(), &info) == 0;
    return path + (dangling ? " is a link to what does not exist"
                   : before ? " does not exist any more"
                            : " does not exist");
  }
  HOLDFAST_TRY(const ProgramIdentity now, os::identify_program(path));
  std::string text = path + ": " + describe(now);
  if (kind == FileKind::program && ::access(path.c_str(), X_OK) != 0) text += ", not executable";
  if (!before) return text;
  const std::string change = describe_change(*before, now);
  return text + (change.empty() ? "\nthe same as before" : "\nchanged: " + change);
}

constexpr std::size_t k_locks_named = 10;

// Of a line such as `MemTotal:       16311348 kB`.
std::optional<std::uint64_t> bytes_of(std::string_view meminfo, std::string_view key) {
  const std::optional<std::uint64_t> kb = number_behind(meminfo, key);
  return kb ? std::optional(*kb * 1024) : std::nullopt;
}

// The first three numbers of `0.52 0.58 0.59 1/1190 4711`.
std::string_view loads_of(std::string_view loadavg) {
  std::size_t end = 0;
  for (int number = 0; number < 3 && end != std::string_view::npos; ++number) {
    end = loadavg.find(' ', number == 0 ? 0 : end + 1);
  }
  return loadavg.substr(0, end);
}

std::string describe_lock(const os::SurveyedLock& lock) {
  const std::string holders =
      separated(lock.holders, ", ", [](const LockParty& holder) { return describe_party(holder); });
  std::string text = lock.name + "@" + lock.scope_directory + ": held by ";
  text += holders.empty() ? "nobody who left a record" : holders;
  if (lock.tickets > 0) text += "; " + std::to_string(lock.tickets) + " waiting";
  return text;
}

constexpr std::size_t k_files_named = 10;
constexpr std::size_t k_most_output = 16 * 1024 * 1024;

Finding finding_of(const std::string& probe, const os::BoundedEnd& end, Milliseconds time) {
  using Kind = os::BoundedEnd::Kind;
  switch (end.kind) {
    case Kind::exited:
      return {probe, end.code != 0, end.output};
    case Kind::too_late:
      return {probe, true, "no answer within " + describe(time)};
    case Kind::signalled:
      return {probe, true, "the probe died of signal " + std::to_string(end.code)};
    case Kind::not_started:
      break;
  }
  return {probe, true, to_text(os::system_error("start the probe", end.code))};
}

}  // namespace

std::string to_text(const std::vector<Finding>& findings) {
  std::string block;
  for (const Finding& finding : findings) {
    const std::string text = (finding.failed ? "not known: " : "") + fit_for_lines(finding.text);
    std::string_view rest = text;
    std::string heading = padded(finding.probe);
    do {
      block += text_of({"holdfast:   ", heading, take_part(rest, '\n'), "\n"});
      heading = padded("");
    } while (!rest.empty());
  }
  return block;
}

os::BoundedOrder hook_order(const std::string& command, const HookFacts& facts,
                            const std::vector<std::string>& entries, Milliseconds time) {
  namespace env = holdfast::environment;
  os::BoundedOrder order;
  order.words = {"/bin/sh", "-c", command};
  order.time = time;
  // Our own variables are left out. Those that are true of this attempt are added below.
  for (const std::string& entry : entries) {
    if (!entry.starts_with(k_own_prefix)) order.environment.push_back(entry);
  }
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) order.environment.push_back(text_of({name, "=", value}));
  };
  add(env::k_hook, facts.hook);
  add(env::k_test_name, facts.test);
  add(env::k_run_id, facts.run);
  add(env::k_attempt_id, facts.attempt_id);
  add(env::k_attempt, std::to_string(facts.attempt));
  add(env::k_tmpdir, facts.scratch);
  add(env::k_hook_output, facts.output);
  if (facts.process > 0) add(env::k_hook_pid, std::to_string(facts.process));
  if (!facts.outcome) return order;
  add(env::k_hook_outcome, name_of(*facts.outcome));
  if (const auto code = facts.main.exit_code()) add(env::k_hook_exit_code, std::to_string(*code));
  if (const auto signal = facts.main.signal()) add(env::k_hook_signal, std::to_string(*signal));
  return order;
}

Finding hook_finding(const std::string& hook, const os::BoundedEnd& end, Milliseconds time) {
  using Kind = os::BoundedEnd::Kind;
  std::string output = end.output.substr(0, end.output.find_last_not_of('\n') + 1);
  if (end.output_cut) output += "\n… cut off";
  const std::string below = output.empty() ? "" : "\n" + output;
  switch (end.kind) {
    case Kind::exited:
      if (end.code == 0) return {hook, false, output.empty() ? "done" : output};
      return {hook, false, "ended with " + std::to_string(end.code) + below};
    case Kind::signalled:
      return {hook, false, "died of signal " + std::to_string(end.code) + below};
    case Kind::too_late:
      return {hook, false, "not done within " + describe(time) + below};
    case Kind::not_started:
      break;
  }
  return {hook, true, to_text(os::system_error("start it", end.code))};
}

Result<std::string> look_at_program(const std::string& path,
                                    const std::optional<ProgramIdentity>& before) {
  return look_at(path, before, FileKind::program);
}

Result<std::string> look_at_inputs(const std::vector<KnownFile>& files) {
  std::string text;
  const auto add = [&](const Result<std::string>& found) {
    if (!text.empty()) text += "\n";
    text += found ? *found : to_text(found.error());
  };
  for (const KnownFile& file : files) {
    if (os::is_directory(file.path)) {
      add(file.path + " is a directory");
      continue;
    }
    add(look_at(file.path, file.before, FileKind::input));
    if (is_missing(file.path)) add(look_at_directory(file.path));
  }
  return text;
}

Result<std::string> look_at_directory(const std::string& path, std::size_t most) {
  const std::string directory = directory_of(path);
  const std::string_view name = last_part_of(path);
  const os::UniqueFd opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid() && (errno == ENOENT || errno == ENOTDIR)) {
    return directory + " does not exist; what is left of the path is " + what_is_left_of(directory);
  }
  if (!opened.valid()) return os::system_error("list " + directory);
  std::size_t count = 0;
  std::vector<std::string> names;
  os::for_each_name(opened, 0, [&](const char* found) {
    if (++count > most) return false;
    names.emplace_back(found);
    return true;
  });
  std::string text = directory + " has " + (count > most ? "more than " : "") +
                     counted(std::min(count, most), "entry", "entries");
  const std::vector<std::string> alike = look_alikes(name, names, k_look_alikes);
  if (!alike.empty()) text += text_of({"; like ", name, ": ", separated(alike, ", ")});
  return text;
}

Result<std::string> describe_machine(std::string_view meminfo, std::string_view loadavg,
                                     long processors) {
  const auto total = bytes_of(meminfo, "MemTotal:");
  const auto available = bytes_of(meminfo, "MemAvailable:");
  if (!total || !available) return Error{"understand /proc/meminfo"};
  std::string text =
      "memory " + describe_size(*available) + " of " + describe_size(*total) + " available";
  const auto swap = bytes_of(meminfo, "SwapTotal:");
  const auto free_swap = bytes_of(meminfo, "SwapFree:");
  if (swap && free_swap && *swap > 0) {
    text += ", swap " + describe_size(*free_swap) + " of " + describe_size(*swap);
  }
  return text + ", load " + std::string(loads_of(loadavg)) + " on " +
         counted(processors, "processor");
}

Result<std::string> look_at_machine() {
  HOLDFAST_TRY(const std::string meminfo, os::read_file("/proc/meminfo"));
  HOLDFAST_TRY(const std::string loadavg, os::read_file("/proc/loadavg"));
  return describe_machine(meminfo, loadavg, ::sysconf(_SC_NPROCESSORS_ONLN));
}

Result<std::string> look_at_locks(const std::vector<std::string>& places) {
  const std::vector<os::SurveyedLock> locks = os::survey_all_locks(os::Strangers::leave_out).locks;
  const auto is_asked_for = [&](const os::SurveyedLock& lock) {
    const std::string place = lock.scope_directory + "/" + encode_file_name(lock.name);
    return std::ranges::find(places, place) != places.end();
  };
  std::string text;
  std::size_t used = 0;
  for (const os::SurveyedLock& lock : locks) {
    if (!is_asked_for(lock) || ++used > k_locks_named) continue;
    text += (text.empty() ? "" : "\n") + describe_lock(lock);
  }
  if (used == 0) return std::string("none in use");
  if (used > k_locks_named) text += "\n… and " + std::to_string(used - k_locks_named) + " more";
  return text;
}

os::BoundedOrder git_status_order(const std::string& directory, Milliseconds time) {
  os::BoundedOrder order = os::git_order(
      directory, {"status", "--porcelain=v1", "-z", "--untracked-files=normal"}, time);
  order.most_output = k_most_output;
  return order;
}

std::string describe_git_status(std::string_view porcelain, bool cut) {
  std::size_t count = 0;
  std::string named;
  while (porcelain.find('\0') != std::string_view::npos) {  // else it is cut off
    const std::string_view entry = take_part(porcelain, '\0');
    if (++count <= k_files_named) named += "\n" + std::string(entry);
    // A renamed or copied file has its old name in the next entry.
    const bool has_old_name = entry.substr(0, 2).find_first_of("RC") != std::string_view::npos;
    if (has_old_name) (void)take_part(porcelain, '\0');
  }
  if (count == 0 && !cut) return "clean";
  std::string text = (cut ? "more than " : "") + std::to_string(count) +
                     (count == 1 && !cut ? " file differs" : " files differ") +
                     " from what is committed";
  if (count > k_files_named) text += ", the first ten:";
  return text + named;
}

Finding git_finding(const os::BoundedEnd& end, const std::string& directory, Milliseconds time) {
  std::string trouble = os::trouble_with_git(end, time);
  if (trouble.empty()) return {"git", false, describe_git_status(end.output, end.output_cut)};
  if (end.errors.find("not a git repository") != std::string::npos) {
    trouble = directory + " is in no repository of git";
  }
  return {"git", true, std::move(trouble)};
}

Probes::Probes(const Subject& subject, Milliseconds time) : sources_(subject.sources), time_(time) {
  if (!subject.program.empty()) {
    add("program", [&] { return look_at_program(subject.program, subject.before); });
    add("directory", [&] { return look_at_directory(subject.program); });
  }
  if (!subject.inputs.empty()) add("inputs", [&] { return look_at_inputs(subject.inputs); });
  if (!sources_.empty()) add("git", git_status_order(sources_, time));
  if (subject.is_on_this_machine) add("machine", look_at_machine);
  if (!subject.locks.empty()) add("locks", [&] { return look_at_locks(subject.locks); });
}

void Probes::add(std::string name, const os::BoundedOrder& order) {
  probes_.push_back({std::move(name), std::make_unique<os::BoundedWork>(order)});
}

void Probes::add(std::string name, std::function<Result<std::string>()> look) {
  os::BoundedOrder order;
  order.work = std::move(look);
  order.time = time_;
  add(std::move(name), order);
}

std::vector<os::BoundedWork*> Probes::works() const {
  return collected(probes_, [](const Probe& probe) { return probe.work.get(); });
}

std::vector<Finding> Probes::findings() const {
  std::vector<Finding> findings;
  for (const Probe& probe : probes_) {
    const os::BoundedEnd& end = probe.work->end();
    if (!probe.work->is_done()) {
      findings.push_back({probe.name, true, "cut short, the test was told to end"});
    } else if (probe.name == "git") {
      findings.push_back(git_finding(end, sources_, time_));
    } else {
      findings.push_back(finding_of(probe.name, end, time_));
    }
  }
  return findings;
}

}  // namespace holdfast::forensics
