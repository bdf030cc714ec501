// What the near side of an attempt hears of srun. A script is srun.

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "attempt/started.hpp"
#include "journal/scratch_directory.hpp"
#include "slurm/near_run.hpp"

namespace holdfast::exec {
namespace {

class NearAttemptTest : public testing::Test {
 protected:
  NearAttemptTest() {
    identity_.test = "t";
    plan_.identity = &identity_;
    plan_.teller = &teller_;
  }

  NearEnd end_of(const std::string& script) {
    Result<SrunProcess> srun =
        SrunProcess::start({"/bin/sh", "-c", script}, {"PATH=/usr/bin:/bin"}, 0, {});
    EXPECT_TRUE(srun);
    return follow(plan_, policy_, around_, relay_, files_, std::move(*srun));
  }

  const ScratchDirectory directory_;
  supervision::AttemptIdentity identity_;
  supervision::Teller teller_{nullptr, Loudness::quiet};
  Policy policy_;
  supervision::AttemptPlan plan_;
  supervision::Surroundings around_{{}, std::move(*os::SignalQueue::open()), {}};
  OutputRelay relay_{std::string()};
  FarFiles files_{(directory_.path() / "far").string(), "7"};
};

// A controller that is busy makes srun say so again and again.
TEST_F(NearAttemptTest, TheFirstAndTheLastWordsOfALongComplaintAreHeard) {
  const NearEnd end = end_of(
      "exec >&2; echo 'srun: error: Unable to create step for job 7: More processors requested "
      "than permitted'; i=0; while [ $i -lt 2000 ]; do echo 'srun: Job 7 step creation is still "
      "disabled'; i=$((i + 1)); done; echo 'srun: error: the last word'; exit 1");
  EXPECT_FALSE(end.start);
  EXPECT_EQ(end.record, "");
  EXPECT_EQ(end.said.last, "the last word");
  EXPECT_NE(end.said.refusal, "");
  EXPECT_EQ(end.signal, 0);
}

TEST_F(NearAttemptTest, WithoutARunsDirectoryNoTestGoesToANode) {
  supervision::Started started({"--test=t", "/bin/t"}, {supervision::k_attached, "SLURM_JOB_ID=7"});
  const supervision::TestAtHand test{
      started.invocation(), {{}, std::move(*os::SignalQueue::open()), {}}, {}, {}, {}};
  plan_.test = &test;
  const supervision::AttemptResult refused = run_on_node(plan_, policy_, around_, relay_, {});
  EXPECT_EQ(refused.outcome, Outcome::internal_error);
  EXPECT_NE(refused.remark.find("no directory for this run"), std::string::npos) << refused.remark;
}

}  // namespace
}  // namespace holdfast::exec
