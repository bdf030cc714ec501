// What the process of one case says in shared memory, and which batches may have several at once.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "batches/side_by_side.hpp"
#include "os/file/scratch_directory.hpp"
#include "os/scratch.hpp"
#include "values/held_locks.hpp"

namespace holdfast::exec {
namespace {

TEST(CaseProcessReport, CutsATextOffWhereItWouldNotEnd) {
  const auto report = std::make_unique<CaseProcessReport>();
  CaseProcessReport::write(std::string(3000, 'x'), report->note);
  EXPECT_EQ(::strnlen(report->note.data(), report->note.size()), report->note.size() - 1);
  CaseProcessReport::write("short", report->note);
  EXPECT_STREQ(report->note.data(), "short");
}

TEST(CaseProcessReport, HasAllThatIsKnownOfTheCase) {
  const auto report = std::make_unique<CaseProcessReport>();
  report->outcome = Outcome::failed;
  report->exit_code = 3;
  report->signal = 11;
  report->wall_us = 250'000;
  report->leak_failed = true;
  report->untold = true;
  CaseProcessReport::write("why", report->note);
  const CaseResult result = report->result("A.a");
  EXPECT_EQ(result.name, "A.a");
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.signal, 11);
  EXPECT_EQ(result.wall_us, 250'000);
  EXPECT_TRUE(result.leak_failed);
  EXPECT_TRUE(result.untold);
  EXPECT_EQ(result.note, "why");
}

TEST(Markers, AreTakenFromTheProcessThatLeftThem) {
  const os::Scratch scratch;
  const MarkerOwner owner{"r.1", 7, 100, 110};
  const auto file = scratch.path(marker_file_name(7));
  EXPECT_FALSE(take_marker(scratch.path(), owner)) << "there is none";
  for (const Marker& foreign : {Marker{"r.2", {7, 105}, "why"}, Marker{"r.1", {7, 99}, "why"}}) {
    ASSERT_TRUE(os::leave_marker(scratch.path(), foreign));
    EXPECT_FALSE(take_marker(scratch.path(), owner));
    EXPECT_TRUE(std::filesystem::remove(file)) << "it stays, as an orphan";
  }
  ASSERT_TRUE(os::leave_marker(scratch.path(), {"r.1", {7, 105}, "why"}));
  EXPECT_FALSE(take_marker(scratch.path(), {"r.1", 0, 0, 0})) << "nobody knows the process";
  EXPECT_TRUE(take_marker(scratch.path(), owner));
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(Markers, AndReportsAreNowhereWithoutADirectory) {
  EXPECT_FALSE(take_marker("", {"r.1", 7, 100, 110}));
  EXPECT_EQ(take_report_file("", "cases.xml"), std::nullopt);
  EXPECT_EQ(report_file_in("", "cases.xml"), "");
}

TEST(SideBySide, IsForCasesThatNeedNothingForThemselves) {
  EXPECT_TRUE(allows_side_by_side({}));
  Policy policy;
  policy.services = {{"db", ServiceMode::shared}};
  EXPECT_FALSE(allows_side_by_side(policy));
  policy = {};
  policy.containment = {Boundary::pidns};
  EXPECT_FALSE(allows_side_by_side(policy));
  policy = {};
  policy.needed_by_others = true;
  EXPECT_FALSE(allows_side_by_side(policy)) << "what stays is handed over once";
  policy = {};
  policy.locks = {retry_alone_lock()};
  EXPECT_TRUE(allows_side_by_side(policy));
  have_to_itself(policy.locks);
  EXPECT_FALSE(allows_side_by_side(policy)) << "the attempt has nothing beside it";
}

}  // namespace
}  // namespace holdfast::exec
