#include "settings/project_settings.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/names.hpp"
#include "os/file/program_identity.hpp"
#include "os/file/trusted_directory.hpp"
#include "settings/keys.hpp"
#include "settings/settings_file.hpp"
#include "values/held_locks.hpp"
#include "values/kinds.hpp"
#include "values/test_properties.hpp"

namespace holdfast {

OverridePatterns::OverridePatterns(const Settings& settings) {
  for (const SettingsOverride& override : settings.overrides) {
    Condition& condition = conditions_.emplace_back();
    condition.label = override.label;
    if (override.test) condition.test = *Pattern::compile(*override.test);
  }
}

std::vector<std::size_t> OverridePatterns::matching(std::string_view name,
                                                    std::string_view labels) const {
  std::vector<std::size_t> matching;
  for (std::size_t i = 0; i < conditions_.size(); ++i) {
    const Condition& condition = conditions_[i];
    if (condition.label && !has_label(labels, *condition.label)) continue;
    if (condition.test && !condition.test->is_found_in(name)) continue;
    matching.push_back(i);
  }
  return matching;
}

namespace {

// True also for a dangling link: its owner must hear that the settings cannot be read.
bool exists(const std::string& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

std::string below(const std::string& directory, std::string_view name) {
  return (directory == "/" ? "" : directory) + "/" + std::string(name);
}

uid_t owner_of(const std::string& directory) {
  struct stat info {};
  return ::stat(directory.c_str(), &info) == 0 ? info.st_uid : ::geteuid();
}

// The user whom the file belongs to, if it is neither this one, root nor `owner`. A link has two
// owners: who made it decides which file is read.
std::optional<uid_t> stranger_at(const std::string& path, uid_t owner) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
  if (!os::is_trusted_owner(info.st_uid, owner)) return info.st_uid;
  const bool is_there = ::stat(path.c_str(), &info) == 0;
  if (is_there && !os::is_trusted_owner(info.st_uid, owner)) return info.st_uid;
  return std::nullopt;
}

bool is_trusted(const std::string& path, uid_t owner) {
  return exists(path) && !stranger_at(path, owner);
}

// The file can start programs, so nobody else may have put it there.
Result<void> look_at_owners(const std::string& file) {
  const std::string directory = file.substr(0, file.rfind('/'));
  const uid_t owner = owner_of(directory);
  const std::optional<uid_t> stranger = stranger_at(file, owner);
  if (!stranger) return {};
  return ErrorInWords{file + ": found a file or link of user " + std::to_string(*stranger) +
                      ", expected one of user " + std::to_string(::geteuid()) +
                      ", of root, or of user " + std::to_string(owner) + ", who owns " + directory};
}

// Calls `stop` with `directory` and all directories above it, the nearest first, until it is true.
template <typename Stop>
void go_up(std::string directory, Stop stop) {
  while (!directory.empty() && !stop(directory)) {
    if (directory == "/") return;
    directory.erase(directory.rfind('/'));
    if (directory.empty()) directory = "/";
  }
}

}  // namespace

std::string selected_profile() {
  const char* profile = std::getenv(std::string(environment::k_profile).c_str());
  return profile == nullptr || *profile == '\0' ? std::string(k_default_profile) : profile;
}

std::optional<std::string> settings_file_of_tree(const std::string& tree) {
  const std::optional<std::string> source = os::source_of_tree(tree);
  if (!source) return std::nullopt;
  return below(*source, names::k_settings_file);
}

std::optional<std::string> settings_file_around(const std::string& directory) {
  const uid_t owner = owner_of(directory);
  std::optional<std::string> found;
  go_up(directory, [&](const std::string& tree) {
    if (!is_trusted(below(tree, names::k_project_file), owner)) return false;
    found = settings_file_of_tree(tree);
    return true;
  });
  if (found) return exists(*found) ? found : std::nullopt;
  go_up(directory, [&](const std::string& place) {
    const std::string file = below(place, names::k_settings_file);
    if (is_trusted(file, owner)) found = file;
    return found || exists(below(place, ".git"));
  });
  return found;
}

ProjectSettings::ProjectSettings(Settings settings, const Day& today)
    : settings_(std::move(settings)), patterns_(settings_) {
  for (const KnownFlaky& entry : settings_.known_flaky) {
    if (has_expired(entry, today)) {
      note_ += (note_.empty() ? "ignoring known-flaky " : ", ") + in_quotes(entry.tests) + " (" +
               entry.flake.issue + "), which expired on " + to_text(entry.expires);
      continue;
    }
    known_flaky_.push_back({*Pattern::compile(entry.tests),
                            {Setting::known_flaky, Source::file,
                             kind::KnownFlakes::print(entry.flake), entry.origin}});
  }
}

Result<ProjectSettings> ProjectSettings::load(const std::optional<std::string>& file,
                                              const std::string& profile, const Day& today) {
  if (!file || !exists(*file)) {
    ProjectSettings project;
    if (profile != k_default_profile) {
      project.note_ = "ignoring the profile \"" + profile + "\": there is no " +
                      (file ? *file : std::string(names::k_settings_file));
    }
    return project;
  }
  HOLDFAST_DO(look_at_owners(*file));
  HOLDFAST_TRY(Settings settings, read_settings_file(*file, profile));
  return ProjectSettings(std::move(settings), today);
}

Values ProjectSettings::values_for(std::string_view test, std::string_view labels) const {
  Values said = values_of(settings_, patterns_.matching(test, labels));
  for (const auto& [tests, flake] : known_flaky_) {
    if (tests.is_found_in(test)) said.push_back(flake);
  }
  return said;
}

Result<ResolvedPolicy> ProjectSettings::resolve(std::string_view test,
                                                const TestProperties& properties,
                                                const Values& said) const {
  Values all = values_for(test, properties.labels);
  all.insert(all.end(), said.begin(), said.end());
  HOLDFAST_TRY(ResolvedPolicy resolved, holdfast::resolve(std::move(all), properties));
  if (is_said(settings_, Setting::retry_alone, "true")) {
    // The lock has a name of its own, so there is nothing to merge it with.
    HOLDFAST_DO(add_locks({retry_alone_lock()}, resolved.policy.locks));
  }
  return resolved;
}

}  // namespace holdfast
