#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

#include "doctor/found.hpp"
#include "doctor/machine/clock.hpp"
#include "doctor/machine/limits.hpp"
#include "doctor/tree/requested_resources.hpp"

namespace holdfast::doctor {
namespace {

constexpr std::uint64_t k_mib = 1024;  // in KiB
constexpr std::uint64_t k_gib = 1024 * k_mib;

Limits usual_limits() {
  Limits limits;
  limits.processors = 4;
  limits.descriptors = {1024, 4096};
  limits.processes = {1000, 1000};
  limits.threads = 100;
  limits.core = {0, 0};
  limits.core_pattern = "core";
  return limits;
}

TEST(Limits, UsualLimitsAreNoFinding) {
  EXPECT_EQ(kinds_of(check_limits(usual_limits())), Kinds{});
  Limits none;  // nothing is limited
  none.processors = 256;
  EXPECT_EQ(kinds_of(check_limits(none)), Kinds{});
  Limits large = usual_limits();
  large.processors = 256;
  large.processes.soft = 10'000;
  EXPECT_EQ(kinds_of(check_limits(large)), Kinds{});
}

TEST(Limits, TooFewDescriptorsForTheProcessorsAreWrong) {
  Limits limits = usual_limits();
  limits.descriptors = {72, 4096};
  EXPECT_EQ(kinds_of(check_limits(limits)), Kinds{});
  limits.descriptors.soft = 71;
  const Findings found = check_limits(limits);
  ASSERT_EQ(kinds_of(found), Kinds{"few_descriptors"});
  EXPECT_EQ(found[0].what, "a process may have 71 files open, and ctest -j4 needs about 72");
  EXPECT_EQ(found[0].command, "ulimit -n 1024");
  limits.descriptors.hard = 71;  // only root can raise it
  EXPECT_EQ(check_limits(limits)[0].command, "");
}

TEST(Limits, TheAdviceIsWhatTheHardLimitAllows) {
  Limits limits = usual_limits();
  limits.descriptors = {71, 80};
  EXPECT_EQ(check_limits(limits)[0].command, "ulimit -n 80");
  limits.processors = 1000;
  limits.descriptors = {1024, std::nullopt};
  limits.processes.soft = std::nullopt;
  ASSERT_EQ(kinds_of(check_limits(limits)), Kinds{"few_descriptors"});
  EXPECT_EQ(check_limits(limits)[0].command, "ulimit -n 2064");
}

TEST(Limits, ThoseThatDoNotHoldForRootAreNotSaid) {
  Limits limits = usual_limits();
  EXPECT_EQ(describe(limits), "1024 open files, 1000 threads, no core files");
  limits.is_root = true;
  limits.core.soft = std::nullopt;
  EXPECT_EQ(describe(limits), "1024 open files, any number of threads, core files by \"core\"");
}

TEST(Limits, RoomForTooFewProcessesIsWrong) {
  Limits limits = usual_limits();
  limits.threads = 968;
  EXPECT_EQ(kinds_of(check_limits(limits)), Kinds{});
  limits.threads = 969;
  EXPECT_EQ(kinds_of(check_limits(limits)), Kinds{"few_processes"});
  limits.is_root = true;
  EXPECT_EQ(kinds_of(check_limits(limits)), Kinds{});
  limits.room = os::CgroupRoom{"/sys/fs/cgroup/a", 31, 512};
  const Findings found = check_limits(limits);
  ASSERT_EQ(kinds_of(found), Kinds{"few_processes"});
  EXPECT_EQ(found[0].where, "/sys/fs/cgroup/a/pids.max");
  limits.room->left = 32;
  EXPECT_EQ(kinds_of(check_limits(limits)), Kinds{});
}

TEST(Limits, ThatOfTheUserAndThatOfTheCgroupAreBothFound) {
  Limits limits = usual_limits();
  limits.threads = 969;
  limits.room = os::CgroupRoom{"/sys/fs/cgroup/a", 31, 512};
  const Findings found = check_limits(limits);
  ASSERT_EQ(kinds_of(found), (Kinds{"few_processes", "few_processes"}));
  EXPECT_EQ(found[0].what,
            "this user has 969 of the 1000 processes that it may have, and ctest -j4 needs about "
            "32 more");
  EXPECT_EQ(found[0].where, "RLIMIT_NPROC");
  EXPECT_EQ(found[1].what,
            "the cgroup has room for 31 of its 512 processes, and ctest -j4 needs about 32 more");
}

TEST(Limits, CoreFilesThatAreWantedAndLostAreWorthKnowing) {
  Limits limits = usual_limits();
  limits.core_trouble = "/opt/crash cannot be executed";
  EXPECT_EQ(kinds_of(check_limits(limits)), Kinds{});
  limits.core.soft = std::nullopt;
  EXPECT_EQ(kinds_of(check_limits(limits)), Kinds{"cores_lost"});
  EXPECT_EQ(core_program("|/usr/lib/crash %P %u"), "/usr/lib/crash");
  EXPECT_EQ(core_program("core.%p"), "");
  EXPECT_EQ(core_directory("/var/crash/core.%p"), "/var/crash");
  EXPECT_EQ(core_directory("/core"), "/");
  EXPECT_EQ(core_directory("/var/%u/core"), "");
  EXPECT_EQ(core_directory("core.%p"), "");
}

TEST(Limits, AForbiddenDebuggerIsWorthKnowing) {
  Limits limits = usual_limits();
  for (const unsigned scope : {0U, 1U}) {
    limits.ptrace_scope = scope;
    EXPECT_EQ(kinds_of(check_limits(limits)), Kinds{});
  }
  for (const unsigned scope : {2U, 3U}) {
    limits.ptrace_scope = scope;
    EXPECT_EQ(kinds_of(check_limits(limits)), Kinds{"tracing_forbidden"});
  }
  limits.is_root = true;
  EXPECT_EQ(kinds_of(check_limits(limits)), Kinds{"tracing_forbidden"});
  limits.ptrace_scope = 2;
  EXPECT_EQ(kinds_of(check_limits(limits)), Kinds{});
}

Place place_with(std::uint64_t free_kb, std::uint64_t size_kb) {
  Place place{"the build tree", "/b"};
  place.space.free_kb = free_kb;
  place.space.size_kb = size_kb;
  return place;
}

TEST(Space, OnlyLittleSpaceIsAFinding) {
  const struct {
    std::uint64_t free_kb;
    std::uint64_t size_kb;
    Kinds kinds;
  } rows[] = {
      {63 * k_mib, 100 * k_gib, {"disk_full"}},
      {0, 100 * k_mib, {"disk_full"}},
      {64 * k_mib, 100 * k_gib, {"disk_low"}},
      {511 * k_mib, 100 * k_gib, {"disk_low"}},
      {512 * k_mib, 100 * k_gib, {}},
      {400 * k_mib, 1 * k_gib, {}},  // a small /tmp in memory
      {90 * k_mib, 100 * k_mib, {}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(kinds_of(check_places({{place_with(row.free_kb, row.size_kb)}})), row.kinds);
  }
}

TEST(Space, EachFindingSaysWhereItIsAndWhatToDo) {
  Place place = place_with(0, k_gib);
  place.space.inodes = 10;
  place.space.free_inodes = 1;
  place.space.forbids_execution = true;
  place.has_programs = true;
  place.no_writing = "this user may not";
  const Findings found = check_places({{place}});
  ASSERT_EQ(kinds_of(found), (Kinds{"read_only", "no_execution", "disk_full", "no_inodes"}));
  for (const Finding& one : found) {
    EXPECT_EQ(one.where, "/b") << one.what;
    EXPECT_NE(one.advice, "") << one.what;
  }
  EXPECT_EQ(found[0].what, "nothing can be written to the build tree, /b: this user may not");
  EXPECT_EQ(found[2].command, "df -h /b");
  EXPECT_EQ(found[3].what, "the build tree has room for 1 more files: /b");
  EXPECT_EQ(found[3].command, "df -i /b");
}

TEST(Space, DirectoriesOfOneFileSystemAreFullOnce) {
  Place other = place_with(0, k_gib);
  other.path = "/tmp";
  other.device = 1;
  Places places{{place_with(0, k_gib), place_with(0, k_gib)}};
  EXPECT_EQ(kinds_of(check_places(places)), Kinds{"disk_full"});
  places.all.push_back(other);
  EXPECT_EQ(kinds_of(check_places(places)), (Kinds{"disk_full", "disk_full"}));
}

TEST(Space, FilesThatCannotBeMadeAreWrong) {
  Place place = place_with(k_gib, k_gib);
  place.space.inodes = 100'000;
  place.space.free_inodes = 999;
  EXPECT_EQ(kinds_of(check_places({{place}})), Kinds{"no_inodes"});
  place.space.free_inodes = 1000;
  EXPECT_EQ(kinds_of(check_places({{place}})), Kinds{});
  place.no_writing = "its file system is read-only";
  EXPECT_EQ(kinds_of(check_places({{place}})), Kinds{"read_only"});
  place.trouble = "failed to look at /b: No such file or directory";
  EXPECT_EQ(kinds_of(check_places({{place}})), Kinds{"directory_missing"});
}

TEST(Space, ProgramsNeedAFileSystemWithThem) {
  Place place = place_with(k_gib, k_gib);
  place.space.forbids_execution = true;
  EXPECT_EQ(kinds_of(check_places({{place}})), Kinds{});
  place.has_programs = true;
  EXPECT_EQ(kinds_of(check_places({{place}})), Kinds{"no_execution"});
}

TEST(Space, AUserDirectoryThatIsRefusedIsWrong) {
  Places places;
  places.user_directory = "/tmp/holdfast-1";
  places.user_directory_trouble = "failed to use /tmp/holdfast-1: others may enter it";
  const Findings found = check_places(places);
  ASSERT_EQ(kinds_of(found), Kinds{"directory_refused"});
  EXPECT_EQ(found[0].command, "");
  places.user_directory_is_ours = true;
  EXPECT_EQ(check_places(places)[0].command, "chmod 700 /tmp/holdfast-1");
}

TEST(Space, OnlyADirectoryThatDoesNotExistIsToBeMade) {
  Place place = place_with(0, 0);
  place.use = "TMPDIR";
  place.trouble = "/b is no directory";
  Findings found = check_places({{place}});
  ASSERT_EQ(kinds_of(found), Kinds{"directory_missing"});
  EXPECT_EQ(found[0].advice, "unset TMPDIR, or see what is there");
  EXPECT_EQ(found[0].command, "");
  place.is_missing = true;
  found = check_places({{place}});
  EXPECT_EQ(found[0].advice, "unset TMPDIR, or make the directory");
  EXPECT_EQ(found[0].command, "mkdir -p /b");
}

TEST(Space, EachDirectoryIsDescribedOnce) {
  Place other = place_with(2 * k_mib, k_gib);
  other.path = "/t";
  EXPECT_EQ(describe(Places{{place_with(k_mib, k_gib), other, other}}),
            "/b has 1.0 MiB free, /t has 2.0 MiB free");
}

// TMPDIR as it is looked at; nothing if it counts as not set.
std::optional<Place> look_at_tmpdir(const std::string& path) {
  const char* const before = ::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("TMPDIR", path.c_str(), 1);
  const Places places = look_at_places("", Milliseconds{60'000});
  kept.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", kept.c_str(), 1);
  const auto found = std::ranges::find(places.all, "TMPDIR", &Place::use);
  return found == places.all.end() ? std::nullopt : std::optional<Place>(*found);
}

TEST(Space, OfATmpdirItIsKnownWhetherItIsMissing) {
  EXPECT_FALSE(look_at_tmpdir(""));
  EXPECT_EQ(look_at_tmpdir("/")->trouble, "");
  EXPECT_EQ(look_at_tmpdir("/etc/passwd")->trouble, "/etc/passwd is no directory");
  EXPECT_FALSE(look_at_tmpdir("/etc/passwd/x")->is_missing);
  EXPECT_NE(look_at_tmpdir("/etc/passwd/x")->trouble, "");
  EXPECT_TRUE(look_at_tmpdir("/no/where")->is_missing);
}

TEST(Memory, WhatIsNotKnownIsNoFinding) {
  for (const Memory& memory : {Memory{}, Memory{1, std::nullopt}, Memory{std::nullopt, 1}}) {
    EXPECT_EQ(describe(memory), "not known");
    EXPECT_EQ(kinds_of(check_memory(memory)), Kinds{});
  }
}

TEST(Memory, OnlyLittleMemoryIsAFinding) {
  const struct {
    std::uint64_t available_kb;
    std::uint64_t size_kb;
    Kinds kinds;
  } rows[] = {
      {63 * k_mib, k_gib, {"memory_out"}},
      {64 * k_mib, 2 * k_gib, {"memory_low"}},
      {511 * k_mib, 64 * k_gib, {"memory_low"}},
      {200 * k_mib, k_gib, {}},
      {512 * k_mib, 64 * k_gib, {}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(kinds_of(check_memory({row.available_kb, row.size_kb})), row.kinds);
  }
}

constexpr std::int64_t k_now_ms = 1'795'000'000'000;

TEST(Times, WhatIsLaterThanNowIsWrong) {
  Times times{k_now_ms};
  times.files = {{"/b/old", k_now_ms - 1}, {"/b/close", k_now_ms + 10'000}};
  times.run = "7-20261120-084053-1";
  times.run_at_ms = k_now_ms + 10'000;
  EXPECT_EQ(kinds_of(check_times(times)), Kinds{});
  times.files.push_back({"/b/late it's", k_now_ms + 3'600'000});
  times.run_at_ms = k_now_ms + 7'200'000;
  const Findings found = check_times(times);
  ASSERT_EQ(kinds_of(found), (Kinds{"run_from_future", "file_from_future"}));
  EXPECT_NE(found[0].what.find("run 7-20261120-084053-1 began 2 h"), std::string::npos)
      << found[0].what;
  EXPECT_EQ(found[1].command, "touch '/b/late it'\\''s'");
}

TEST(Times, OfManyFilesOnlyTheLatestAreNamed) {
  Times times{k_now_ms};
  for (int i = 1; i <= 5; ++i) {
    times.files.push_back({"/f" + std::to_string(i), k_now_ms + i * 100'000});
  }
  const Findings found = check_times(times);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].where, "/f5");
  EXPECT_NE(found[2].what.find("; so were 2 more files"), std::string::npos) << found[2].what;
}

TEST(Times, AClockThatWasNeverSetIsWrong) {
  EXPECT_EQ(kinds_of(check_times({1'000'000'000})), Kinds{"clock_unset"});
}

TEST(Rights, WhatIsWantedAndDeniedIsWrong) {
  Rights rights;
  rights.containments = {
      {{Boundary::cgroup}, {"a", "b"}, ""},
      {{Boundary::pidns, Boundary::netns}, {"c"}, "failed to make namespaces: no"}};
  rights.machine_locks = {{"db", {"d"}, ""}, {"gpu", {"e"}, "failed to open /var/lock/holdfast"}};
  const Findings found = check_rights(rights);
  ASSERT_EQ(kinds_of(found), (Kinds{"containment_denied", "machine_locks_denied"}));
  EXPECT_EQ(found[0].what,
            "\"c\" would run without containment = \"pidns,netns\": failed to make namespaces: no");
  EXPECT_EQ(found[1].command, "sudo holdfast run --lock gpu@machine -- true");
}

}  // namespace
}  // namespace holdfast::doctor
