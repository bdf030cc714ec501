#include "attempt/guard_process.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "attempt/attempt_plan.hpp"
#include "attempt/step_files.hpp"
#include "base/names.hpp"
#include "journal/scratch_directory.hpp"
#include "os/process/packet_socket.hpp"

namespace holdfast::supervision {
namespace {

TEST(GuardReport, CountsAllProcessesAndNamesTheFirst) {
  std::vector<os::NamedProcess> processes;
  for (int i = 1; i <= 20; ++i) processes.push_back({i, "p" + std::to_string(i)});
  GuardReport report;
  EXPECT_EQ(list_processes(processes, report.leftover_list), 20U);
  EXPECT_EQ(report.leftover_list.front().pid, 1);
  EXPECT_STREQ(report.leftover_list.back().name.data(), "p16");
  EXPECT_EQ(list_processes({}, report.survivor_list), 0U);
  EXPECT_EQ(report.survivor_list.front().pid, 0);
}

TEST(GuardReport, CutsANameOffWhereItWouldNotEnd) {
  GuardReport report;
  (void)list_processes({{1, "sixteen-letters-"}}, report.leftover_list);
  EXPECT_STREQ(report.leftover_list.front().name.data(), "sixteen-letters");
}

TEST(GuardReport, IsTheRecordOfAnAttemptWhoseLauncherWasKilled) {
  const ScratchDirectory directory;
  AttemptIdentity identity;
  identity.attempt = "r.1";
  identity.test = "t";
  identity.journal = directory.path() / "journal.jsonl";
  AttemptPlan plan;
  plan.identity = &identity;
  GuardReport report;
  report.main_reaped = true;
  report.main_status = 15;  // as waitpid(2) gives it
  report.user_us = 20'000;
  record_in_launchers_place(plan, report, 1'500'000);
  std::ifstream file(identity.journal);
  const std::string record(std::istreambuf_iterator<char>(file), {});
  for (const char* field :
       {R"("type":"attempt_ended")", R"("attempt":"r.1")", R"("outcome":"interrupted")",
        R"("signal":15)", R"("wall_s":1.500000)", R"("user_s":0.020000)",
        R"("note":"the launcher of the test was killed; its process tree was ended")"}) {
    EXPECT_NE(record.find(field), std::string::npos) << field << " in " << record;
  }
}

TEST(GuardReport, OfATestWhoseLauncherWasKilledIsAFarewellToTheKeeper) {
  auto ends = os::packet_pair();
  ASSERT_TRUE(ends);
  AttemptIdentity identity;
  AttemptPlan plan;
  plan.identity = &identity;
  plan.keeper = ends->first.get();
  record_in_launchers_place(plan, {}, 0);
  ASSERT_TRUE(os::is_readable(ends->second.get()));
  const os::ReceivedMessage heard = os::receive_message(ends->second.get());
  ASSERT_TRUE(heard.message);
  EXPECT_EQ(heard.message->kind, wire::Farewell::k_kind);
  EXPECT_EQ(heard.message->get("scratch"), "") << "the test has used it";
}

TEST(GuardReport, IsTheRecordOfAStepWhoseLauncherWasKilledAndLeavesNoHalfFile) {
  const ScratchDirectory directory;
  BuildStep step;
  step.tree = directory.path().string();
  step.output = (directory.path() / "a.o").string();
  const auto journal = directory.write(std::string(names::k_build_journal), "");
  char* no_words[] = {nullptr};
  const StepOutputs outputs(step, no_words);
  std::ofstream(step.output) << "half";
  AttemptPlan plan;
  plan.step = &step;
  plan.outputs = &outputs;
  GuardReport report;
  report.main_reaped = true;
  report.main_status = 15;
  record_in_launchers_place(plan, report, 1'500'000);
  EXPECT_FALSE(std::filesystem::exists(step.output));
  std::ifstream file(journal);
  const std::string record(std::istreambuf_iterator<char>(file), {});
  for (const char* field :
       {R"("type":"step")", R"("outcome":"interrupted")", R"("signal":15)", R"("wall_s":1.500000)",
        R"("note":"the launcher of the step was killed; its process tree was ended")"}) {
    EXPECT_NE(record.find(field), std::string::npos) << field << " in " << record;
  }
}

}  // namespace
}  // namespace holdfast::supervision
