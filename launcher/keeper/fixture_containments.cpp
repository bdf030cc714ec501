#include "keeper/fixture_containments.hpp"

#include <algorithm>

#include <iterator>

#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/own_files.hpp"
#include "os/file/removal.hpp"
#include "os/process/process.hpp"

namespace holdfast {
namespace {

// Room for 100,000 tests with fixtures.
constexpr std::size_t k_longest_notes = 64UL * 1024 * 1024;

// The directories to which links in scratch directories lead (attempt/scratch.cpp).
std::vector<std::string> kept_tmps(const std::string& scratch) {
  std::vector<std::string> kept;
  for (const std::string& name : os::names_in_own(scratch)) {
    std::string link =
        os::read_own_link(text_of({scratch, "/", name, "/", names::k_private_tmp_link}));
    if (!link.empty()) kept.push_back(std::move(link));
  }
  return kept;
}

// Removes those of ctests whose keepers were killed. A ctest of another PID namespace seems to be
// dead from here, so its notes stay for as long as it may take until its keeper reads them.
void remove_left_notes(const std::string& tree) {
  const std::string directory = tree + "/" + std::string(names::k_tree_directory);
  constexpr std::string_view k_prefix = "fixtures-";
  static_assert(names::k_fixture_notes_prefix.ends_with(k_prefix));
  const std::uint64_t own = os::own_pid_namespace();
  for (const std::string& name : os::names_in_own(directory)) {
    if (!name.starts_with(k_prefix)) continue;
    std::string_view rest = std::string_view(name).substr(k_prefix.size());
    const std::string ctest = text_of({take_part(rest, '-'), ":", take_part(rest, '-')});
    const Result<ProcessName> process = parse_process_name(ctest);
    if (!process || os::is_alive(*process)) continue;
    const bool is_seen_from_here = parse_number<std::uint64_t>(take_part(rest, '-')) == own;
    const std::string path = text_of({directory, "/", name});
    if (is_seen_from_here || os::is_older_than_a_day(path)) (void)os::remove_own(path);
  }
}

}  // namespace

FixtureContainments::FixtureContainments(std::string tree, const ProcessName& ctest)
    : tree_(std::move(tree)), ctest_(ctest) {}

std::string FixtureContainments::notes_path(unsigned include_count) const {
  return text_of({tree_, "/", names::k_fixture_notes_prefix,
                  file_name_of(ctest_, os::own_pid_namespace()), "-",
                  std::to_string(include_count)});
}

Result<std::optional<std::size_t>> FixtureContainments::of(const TestProperties& properties,
                                                           unsigned include_count) {
  const TestSchedule schedule = schedule_of(properties);
  std::vector<std::string> fixtures = schedule.setup;
  std::ranges::copy(schedule.required, std::back_inserter(fixtures));
  std::ranges::copy(schedule.cleanup, std::back_inserter(fixtures));
  if (fixtures.empty()) return std::optional<std::size_t>();
  if (include_count_ != include_count) {
    HOLDFAST_TRY(const std::string notes, os::read_own(notes_path(include_count), k_longest_notes));
    include_count_ = include_count;
    sets_ = FixtureSets::read(notes);
  }
  return sets_.set_of(fixtures);
}

bool FixtureContainments::join_services(std::size_t set) {
  if (sets_.uses_services(set)) return true;
  const auto found = shared_.find(set);
  if (found != shared_.end() && found->second.network.is_wanted()) return false;
  sets_.note_services(set);
  return true;
}

os::SharedNetwork& FixtureContainments::network(std::size_t set) {
  os::SharedNetwork& network = shared_[set].network;
  network.want();
  return network;
}

Result<std::string> FixtureContainments::tmp(std::size_t set, const std::string& scratch) {
  Shared& shared = shared_[set];
  if (!shared.tmp.empty()) return shared.tmp;
  const std::string path = scratch + "/fixtures-" + std::to_string(set);
  HOLDFAST_DO(os::make_own_directories(scratch, 0755));
  HOLDFAST_DO(os::make_own_directories(path, 0700));
  shared.tmp = path;
  return path;
}

void FixtureContainments::share(const wire::AttemptRequest& request, wire::AttemptGrant& granted,
                                Connection& asker) {
  const Policy& policy = granted.policy;
  const bool has_network = policy.containment.has(Boundary::netns);
  const bool has_tmp = policy.containment.has(Boundary::tmp);
  if (!has_network && !has_tmp) return;
  const auto set = of(request.properties, request.include_count);
  if (!set) {
    granted.refusal =
        "which tests share its network and its /tmp is not known: " + to_text(set.error());
    return;
  }
  asker.shared_set = *set;
  granted.shares_network = has_network && (!policy.services.empty() || *set);
  if (has_network && *set && !policy.services.empty() && !join_services(**set)) {
    granted.refusal =
        "it uses services, and tests that fixtures connect with it have a network without them "
        "already: that it uses services must be known before (HOLDFAST_SERVICES, or an override "
        "with its whole name)";
    return;
  }
  if (!has_tmp || !*set || granted.scratch.empty()) return;
  const Result<std::string> own = tmp(**set, granted.scratch.substr(0, granted.scratch.rfind('/')));
  if (own) {
    granted.shared_tmp = *own;
  } else {
    granted.refusal = "it has no /tmp in common with the tests that fixtures connect with it: " +
                      to_text(own.error());
  }
}

void FixtureContainments::keep_tmp(std::size_t set) {
  if (const auto found = shared_.find(set); found != shared_.end()) found->second.stays = true;
}

void FixtureContainments::end_run(unsigned include_count) {
  std::vector<std::string> kept;
  for (auto& [set, shared] : shared_) {
    if (shared.tmp.empty()) continue;
    if (kept.empty()) kept = kept_tmps(shared.tmp.substr(0, shared.tmp.rfind('/')));
    const bool stays = shared.stays || std::ranges::find(kept, shared.tmp) != kept.end();
    if (!stays) (void)os::remove_directory(shared.tmp);
  }
  shared_.clear();
  sets_ = {};
  (void)os::remove_own(notes_path(include_count));
  remove_left_notes(tree_);
  include_count_ = 0;
}

void FixtureContainments::join(os::Wait& wait) const {
  for (const auto& [set, shared] : shared_) {
    wait.on(shared.network.news());
  }
}

void FixtureContainments::look() {
  for (auto& [set, shared] : shared_) shared.network.look();
}

}  // namespace holdfast
