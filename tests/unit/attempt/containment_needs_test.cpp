#include "attempt/attempt_containment.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "attempt/started.hpp"
#include "base/names.hpp"
#include "os/child_process.hpp"
#include "os/file/descriptors.hpp"
#include "os/scratch.hpp"

namespace holdfast::supervision {
namespace {

namespace fs = std::filesystem;

bool needs(const Containment& containment, std::vector<std::string> properties) {
  properties.emplace_back(k_attached);
  Started started({"--", "t"}, std::move(properties));
  Grant grant;
  grant.policy.containment = containment;
  return !needs_keeper(grant, started.invocation()).empty();
}

TEST(ContainmentNeeds, ATestWhoseFixturesShareOneNeedsAKeeper) {
  for (const std::string fixture : {"FIXTURES_SETUP", "FIXTURES_REQUIRED", "FIXTURES_CLEANUP"}) {
    const std::string property = "HOLDFAST_P_" + fixture + "=db";
    EXPECT_TRUE(needs({Boundary::netns}, {property})) << fixture;
    EXPECT_TRUE(needs({Boundary::tmp}, {property})) << fixture;
    EXPECT_FALSE(needs({Boundary::cgroup, Boundary::pidns}, {property})) << fixture;
    // What holdfast.toml says of containment, only a keeper knows.
    EXPECT_TRUE(needs({}, {property, "HOLDFAST_P_FILE_SHARES_CONTAINMENT=1"})) << fixture;
    EXPECT_FALSE(needs({}, {property})) << fixture;
  }
  EXPECT_FALSE(needs({Boundary::netns, Boundary::tmp}, {}));
  EXPECT_FALSE(needs({}, {"HOLDFAST_P_FILE_SHARES_CONTAINMENT=1"}));
}

TEST(ContainmentNeeds, ATestThatMustNotRunWithoutItsContainmentNeedsAKeeper) {
  EXPECT_TRUE(needs({}, {"HOLDFAST_P_FILE_MUST_CONTAIN=1"}));
  EXPECT_FALSE(needs({}, {}));
}

TEST(ContainmentNeeds, OptionsSayWhatMustNotRunWithoutItsContainment) {
  const auto must_be = [](std::vector<std::string> options) {
    options.insert(options.end(), {"--", "t"});
    Started started(std::move(options));
    return must_be_contained(started.invocation());
  };
  EXPECT_TRUE(must_be({"--containment", "pidns", "--containment-missing", "fail"}));
  EXPECT_FALSE(must_be({"--containment", "pidns", "--containment-missing", "warn"}));
  EXPECT_FALSE(must_be({"--containment", "pidns"}));
  EXPECT_FALSE(must_be({"--containment", "none", "--containment-missing", "fail"}));
}

class NeedsOfTmp : public testing::Test {
 protected:
  NeedsOfTmp() {
    grant_.policy.containment = {Boundary::tmp};
    grant_.home.tree = scratch_.path("tree");
    fs::create_directories(scratch_.path("tree/.holdfast"));
    fs::create_directories(scratch_.path("own"));
  }
  ~NeedsOfTmp() override {
    std::error_code ignored;
    if (!place_.empty()) fs::remove(place_, ignored);
  }

  // Lets the test have `place_`, a new directory in the /tmp of all.
  void pass_one_through() {
    std::string place = "/tmp/holdfast-unit-XXXXXX";
    ASSERT_NE(::mkdtemp(place.data()), nullptr);
    place_ = place;
    grant_.policy.passthrough = {place_};
  }
  void is_built_from(const std::string& source) const {
    std::ofstream(scratch_.path("tree/.holdfast/project")) << "shop\n" << source << "\n";
  }
  ContainmentNeeds needs() const {
    Started started({"--", "/bin/true"});
    return containment_needs(grant_, started.invocation(), scratch_.path("own"));
  }

  os::Scratch scratch_;
  Grant grant_;
  std::string place_;
};

TEST_F(NeedsOfTmp, AProjectRightInTmpWouldBeHidden) {
  is_built_from(scratch_.path("source"));
  EXPECT_EQ(needs().refusal, "");
  is_built_from("/tmp");
  EXPECT_TRUE(needs().refusal.ends_with(" the project, which is /tmp")) << needs().refusal;
  is_built_from(scratch_.path("source"));
  grant_.home.tree = "/var/tmp";
  EXPECT_TRUE(needs().refusal.ends_with(" the project, which is /var/tmp")) << needs().refusal;
}

TEST_F(NeedsOfTmp, WhatAnotherTestHasPutIntoASharedOneIsInTheWay) {
  ASSERT_NO_FATAL_FAILURE(pass_one_through());
  grant_.shared_tmp = scratch_.path("tree/.holdfast/shared");
  const ContainmentNeeds first = needs();
  EXPECT_TRUE(first.tmp_is_shared);
  EXPECT_EQ(first.refusal, "");
  std::ofstream(grant_.shared_tmp + place_) << "x";  // the directory for /tmp has the name `tmp`
  EXPECT_TRUE(needs().refusal.starts_with(place_ + " is passed through")) << needs().refusal;
}

TEST_F(NeedsOfTmp, WithoutAScratchDirectoryThereIsNone) {
  Started started({"--", "/bin/true"});
  EXPECT_FALSE(containment_needs(grant_, started.invocation(), "").tmp);
}

TEST_F(NeedsOfTmp, OneThatCannotBeMadeIsNoReasonToRefuseTheTestHere) {
  Started started({"--", "/bin/true"});
  const ContainmentNeeds needs =
      containment_needs(grant_, started.invocation(), "/proc/no-such-directory/own");
  EXPECT_FALSE(needs.tmp);
  EXPECT_EQ(needs.refusal, "") << "the setting decides what follows";
}

// Why no guard is forked.
std::string refusal_of(const Containment& wanted, const ContainmentNeeds& needs) {
  AttemptContainment containment(wanted, needs);
  const Result<pid_t> guard = containment.fork_guard(ContainmentMissing::fail);
  if (guard && *guard == 0) ::_exit(0);
  return guard ? "none" : to_text(guard.error());
}

TEST(AttemptContainment, OfWhichAPartIsMissingIsNotBegunWithTheRest) {
  ContainmentNeeds needs;
  needs.cgroup = "no-such-cgroup/below";
  needs.tmp = ErrorInWords{"it has no scratch directory"};
  const std::string cgroup = refusal_of({Boundary::cgroup, Boundary::pidns}, needs);
  EXPECT_TRUE(cgroup.starts_with("not allowed here: containment = \"cgroup\": ")) << cgroup;
  EXPECT_EQ(refusal_of({Boundary::tmp}, needs),
            "not allowed here: containment = \"tmp\": it has no scratch directory");
}

TEST(AttemptContainment, ThatIsOnlyWantedIsLeftOutWithAWord) {
  ContainmentNeeds needs;
  needs.tmp = ErrorInWords{"it has no scratch directory"};
  AttemptContainment containment({Boundary::tmp, Boundary::pidns}, needs);
  const Result<pid_t> guard = containment.fork_guard(ContainmentMissing::warn);
  ASSERT_TRUE(guard);
  if (*guard == 0) ::_exit(0);
  EXPECT_EQ(::waitpid(*guard, nullptr, 0), *guard);
  EXPECT_FALSE(containment.has(Boundary::tmp));
  EXPECT_FALSE(containment.has(Boundary::pidns));
  ASSERT_EQ(containment.troubles().size(), 1U);
  EXPECT_TRUE(containment.troubles()[0].ends_with(": it has no scratch directory"))
      << containment.troubles()[0];
}

TEST_F(NeedsOfTmp, ADirectoryThatIsLentAgainHasNoPassagesOfItsEarlierTest) {
  ASSERT_NO_FATAL_FAILURE(pass_one_through());
  const std::string passage =
      scratch_.path("own") + std::string(names::k_private_tmp_suffix) + place_;
  ASSERT_TRUE(needs().tmp);
  fs::create_directory(passage);  // as its first process does
  fs::permissions(passage, fs::perms{0755});
  ASSERT_TRUE(needs().tmp);
  EXPECT_TRUE(fs::exists(passage));
  grant_.policy.passthrough.clear();
  ASSERT_TRUE(needs().tmp);
  EXPECT_FALSE(fs::exists(passage));
}

TEST(ContainmentNeeds, ACgroupHasTheNameOfTheAttempt) {
  Started started({"--", "t"});
  Grant grant;
  grant.home.tree = "/b";
  grant.identity.attempt = "r.1";
  EXPECT_EQ(containment_needs(grant, started.invocation(), "").cgroup, "");
  grant.policy.containment = {Boundary::cgroup};
  EXPECT_EQ(containment_needs(grant, started.invocation(), "").cgroup, cgroup_name("/b", "r.1"));
}

// As long as it holds a lock, whoever wants that next must wait.
TEST(Warden, HoldsWhatItIsGivenAndNothingElseUntilItIsDismissed) {
  Result<os::Pipe> given = os::make_pipe();
  Result<os::Pipe> other = os::make_pipe();
  ASSERT_TRUE(given && other);
  Warden warden = start_warden({given->write.get()});
  if (warden.pid == 0) ::_exit(0);
  ASSERT_GT(warden.pid, 0);
  EXPECT_TRUE(os::becomes_true([&] { return ::getpgid(warden.pid) == warden.pid; }))
      << "signals to the group of the launcher are not for it";
  given->write.reset();
  other->write.reset();
  EXPECT_TRUE(os::becomes_true([&] { return os::is_hung_up(other->read.get()); }));
  EXPECT_FALSE(os::is_hung_up(given->read.get()));
  const pid_t pid = warden.pid;
  dismiss_warden(warden);
  EXPECT_EQ(warden.pid, -1);
  EXPECT_TRUE(os::is_hung_up(given->read.get()));
  EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), -1) << "it is reaped";
  dismiss_warden(warden);  // there is none any more
}

TEST(Warden, GoesOnWhenLauncherAndGuardAreDead) {
  Result<os::Pipe> given = os::make_pipe();
  ASSERT_TRUE(given);
  Warden warden = start_warden({given->write.get()});
  if (warden.pid == 0) {
    (void)::write(given->write.get(), "x", 1);
    ::_exit(0);
  }
  ASSERT_GT(warden.pid, 0);
  EXPECT_FALSE(os::is_readable(given->read.get()));
  warden.life.reset();
  EXPECT_TRUE(os::readable(given->read.get()));
  EXPECT_EQ(::waitpid(warden.pid, nullptr, 0), warden.pid);
}

}  // namespace
}  // namespace holdfast::supervision
