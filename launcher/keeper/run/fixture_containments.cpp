#include "keeper/run/fixture_containments.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/base/names.hpp"
#include "core/base/parts.hpp"
#include "os/file/file_text.hpp"
#include "os/file/removal.hpp"
#include "os/process/process.hpp"

namespace holdfast {
namespace {

// Room for 100,000 tests with fixtures.
constexpr std::size_t k_longest_notes = 64UL * 1024 * 1024;

// Those of ctests whose keepers were killed.
void remove_left_notes(const std::string& tree) {
  const std::string directory = tree + "/" + std::string(names::k_tree_directory);
  constexpr std::string_view k_prefix = "fixtures-";
  static_assert(names::k_fixture_notes_prefix.ends_with(k_prefix));
  std::error_code failed;
  for (std::filesystem::directory_iterator it(directory, failed), end; !failed && it != end;
       it.increment(failed)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with(k_prefix)) continue;
    std::string_view rest = std::string_view(name).substr(k_prefix.size());
    const std::string ctest = text_of({take_part(rest, '-'), ":", take_part(rest, '-')});
    const Result<ProcessName> process = parse_process_name(ctest);
    if (process && !os::is_alive(*process)) ::unlink(it->path().c_str());
  }
}

}  // namespace

FixtureContainments::FixtureContainments(std::string tree, const ProcessName& ctest)
    : tree_(std::move(tree)), ctest_(ctest) {}

std::string FixtureContainments::notes_path(unsigned include_count) const {
  return text_of({tree_, "/", names::k_fixture_notes_prefix, std::to_string(ctest_.pid), "-",
                  std::to_string(ctest_.start), "-", std::to_string(include_count)});
}

InFixtureSet FixtureContainments::of(const TestFacts& facts, unsigned include_count) {
  TestSchedule schedule = schedule_of(facts);
  std::vector<std::string> fixtures = std::move(schedule.setup);
  fixtures.insert(fixtures.end(), std::make_move_iterator(schedule.required.begin()),
                  std::make_move_iterator(schedule.required.end()));
  fixtures.insert(fixtures.end(), schedule.cleanup.begin(), schedule.cleanup.end());
  if (fixtures.empty()) return {};
  if (include_count_ != include_count) {
    include_count_ = include_count;
    const Result<std::string> notes = os::read_file(notes_path(include_count), k_longest_notes);
    if (notes) sets_ = FixtureSets::read(*notes);
  }
  return {sets_.set_of(fixtures), !schedule.cleanup.empty()};
}

os::SharedNetwork& FixtureContainments::network(std::size_t set) {
  os::SharedNetwork& network = shared_[set].network;
  network.want();
  return network;
}

std::string FixtureContainments::tmp(std::size_t set, const std::string& scratch) {
  Shared& shared = shared_[set];
  if (!shared.tmp.empty()) return shared.tmp;
  const std::string path = scratch + "/fixtures-" + std::to_string(set);
  if (::mkdir(scratch.c_str(), 0755) != 0 && errno != EEXIST) return {};
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return {};
  shared.tmp = path;
  return path;
}

void FixtureContainments::ended(const InFixtureSet& test, bool is_green) {
  if (!test.set) return;
  const auto found = shared_.find(*test.set);
  if (found == shared_.end()) return;
  Shared& shared = found->second;
  shared.is_red = shared.is_red || !is_green;
  if (test.cleans_up && ++shared.cleanups == sets_.cleanups(*test.set)) {
    // A test that comes all the same, such as a set-up that ctest repeats, gets a new network.
    shared.network = {};
    shared.cleanups = 0;
  }
}

void FixtureContainments::end_run(unsigned include_count) {
  for (auto& [set, shared] : shared_) {
    if (!shared.tmp.empty() && !shared.is_red) (void)os::remove_directory(shared.tmp);
  }
  shared_.clear();
  sets_ = {};
  ::unlink(notes_path(include_count).c_str());
  remove_left_notes(tree_);
  include_count_ = 0;
}

void FixtureContainments::add_descriptors(std::vector<pollfd>& fds) const {
  for (const auto& [set, shared] : shared_) {
    if (shared.network.news() >= 0) fds.push_back({shared.network.news(), POLLIN, 0});
  }
}

void FixtureContainments::look() {
  for (auto& [set, shared] : shared_) shared.network.look();
}

}  // namespace holdfast
