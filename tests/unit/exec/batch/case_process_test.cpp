// What the process of one case says in shared memory, and which batches may have several at once.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>

#include "core/lock/held_locks.hpp"
#include "exec/batch/side_by_side.hpp"

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
