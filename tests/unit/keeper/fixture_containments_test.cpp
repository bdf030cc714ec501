#include "keeper/fixture_containments.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "base/names.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"
#include "run/nowhere.hpp"

namespace holdfast {
namespace {

constexpr ProcessName k_ctest{4'000'000, 17};

TestProperties with_fixture(const std::string& name) {
  TestProperties properties;
  properties.fixtures_required = name;
  return properties;
}

class FixtureContainmentsTest : public ::testing::Test {
 protected:
  // Writes the notes of the first run.
  void note(const std::string& notes) {
    std::ofstream(path_of("4000000", os::own_pid_namespace())) << notes;
  }

  std::string path_of(const std::string& ctest, std::uint64_t pid_namespace) const {
    return scratch_.path(".holdfast/fixtures-" + ctest + "-17-" + std::to_string(pid_namespace) +
                         "-1");
  }

  os::Scratch scratch_;
  bool has_directory_ = std::filesystem::create_directory(scratch_.path(".holdfast"));
  FixtureContainments fixtures_{scratch_.path("."), k_ctest};
};

TEST_F(FixtureContainmentsTest, ATestWithoutFixturesNeedsNoNotes) {
  const auto set = fixtures_.of({}, 1);
  ASSERT_TRUE(set);
  EXPECT_FALSE(*set);
}

TEST_F(FixtureContainmentsTest, WithoutNotesItIsNotKnownWhoSharesWithWhom) {
  EXPECT_FALSE(fixtures_.of(with_fixture("db"), 1));
  note("F use db\n");
  const auto set = fixtures_.of(with_fixture("db"), 1);
  ASSERT_TRUE(set);
  EXPECT_TRUE(*set);
}

TEST_F(FixtureContainmentsTest, ServicesJoinASetUntilItHasANetwork) {
  note("F use db\nF use2 web\nF use3 disk\nS use3\n");
  const std::size_t db = **fixtures_.of(with_fixture("db"), 1);
  const std::size_t web = **fixtures_.of(with_fixture("web"), 1);
  const std::size_t disk = **fixtures_.of(with_fixture("disk"), 1);
  EXPECT_TRUE(fixtures_.uses_services(disk));
  EXPECT_TRUE(fixtures_.join_services(disk));
  EXPECT_TRUE(fixtures_.join_services(db));
  EXPECT_TRUE(fixtures_.uses_services(db));
  (void)fixtures_.network(web);
  EXPECT_FALSE(fixtures_.join_services(web));
  EXPECT_FALSE(fixtures_.uses_services(web));
  fixtures_.end_run(1);
}

TEST_F(FixtureContainmentsTest, ServicesJoinASetThatOnlyHasATmp) {
  note("F use db\n");
  const std::size_t db = **fixtures_.of(with_fixture("db"), 1);
  ASSERT_TRUE(fixtures_.tmp(db, scratch_.path("scratch")));
  EXPECT_TRUE(fixtures_.join_services(db));
}

TEST_F(FixtureContainmentsTest, ATmpThatCannotBeMadeIsTold) {
  note("F use db\n");
  const std::size_t db = **fixtures_.of(with_fixture("db"), 1);
  const Result<std::string> tmp = fixtures_.tmp(db, k_tree_nowhere);
  ASSERT_FALSE(tmp);
  EXPECT_TRUE(to_text(tmp.error()).starts_with("failed to make ")) << to_text(tmp.error());
}

TEST_F(FixtureContainmentsTest, NotesOfADeadCtestGoAtOnceAndThoseOfAnotherPidNamespaceAfterADay) {
  const std::uint64_t own = os::own_pid_namespace();
  const std::string dead = path_of("4000001", own);
  const std::string elsewhere = path_of("4000002", own + 1);
  const std::string old = path_of("4000003", own + 1);
  for (const std::string& one : {dead, elsewhere, old}) std::ofstream(one) << "F use db\n";
  const auto now = std::filesystem::last_write_time(old);
  std::filesystem::last_write_time(old, now - std::chrono::hours(48));
  fixtures_.end_run(1);
  EXPECT_FALSE(std::filesystem::exists(dead));
  EXPECT_TRUE(std::filesystem::exists(elsewhere));
  EXPECT_FALSE(std::filesystem::exists(old));
}

TEST_F(FixtureContainmentsTest, NotesOfALivingCtestStayAndWhatIsNoNote) {
  const ProcessName living = os::own_name();
  const std::string notes = scratch_.path(".holdfast/fixtures-" + std::to_string(living.pid) + "-" +
                                          std::to_string(living.start) + "-" +
                                          std::to_string(os::own_pid_namespace()) + "-1");
  const std::string other = scratch_.path(".holdfast/fixtures-of-mine");
  for (const std::string& one : {notes, other}) std::ofstream(one) << "F use db\n";
  fixtures_.end_run(1);
  EXPECT_TRUE(std::filesystem::exists(notes));
  EXPECT_TRUE(std::filesystem::exists(other));
}

TEST_F(FixtureContainmentsTest, EachKindOfFixtureCounts) {
  note("F a one\nF b two\nF c three\n");
  TestProperties setup;
  setup.fixtures_setup = "one";
  TestProperties cleanup;
  cleanup.fixtures_cleanup = "three";
  std::set<std::size_t> sets;
  for (const TestProperties& properties : {setup, with_fixture("two"), cleanup}) {
    const auto set = fixtures_.of(properties, 1);
    ASSERT_TRUE(set && *set);
    sets.insert(**set);
  }
  EXPECT_EQ(sets.size(), 3U);
}

TEST_F(FixtureContainmentsTest, TheTmpsOfARunGoWithItButForThoseThatStay) {
  note("F a one\nF b two\nF c three\n");
  const std::string scratch = scratch_.path("scratch");
  std::vector<std::string> tmps;
  for (const char* fixture : {"one", "two", "three"}) {
    const std::size_t set = **fixtures_.of(with_fixture(fixture), 1);
    const Result<std::string> tmp = fixtures_.tmp(set, scratch);
    ASSERT_TRUE(tmp);
    EXPECT_EQ(*fixtures_.tmp(set, "/elsewhere"), *tmp);
    std::ofstream(*tmp + "/file") << "text";
    tmps.push_back(*tmp);
    if (fixture == std::string("two")) fixtures_.keep_tmp(set);
  }
  // The scratch directory of a red test leads to the third.
  std::filesystem::create_directory(scratch + "/7");
  std::filesystem::create_symlink(tmps[2],
                                  scratch + "/7/" + std::string(names::k_private_tmp_link));
  fixtures_.end_run(1);
  EXPECT_FALSE(std::filesystem::exists(tmps[0]));
  EXPECT_TRUE(std::filesystem::exists(tmps[1] + "/file"));
  EXPECT_TRUE(std::filesystem::exists(tmps[2] + "/file"));
}

TEST_F(FixtureContainmentsTest, TheNextRunHasNotesOfItsOwn) {
  note("F use db\n");
  const std::string notes = path_of("4000000", os::own_pid_namespace());
  ASSERT_TRUE(*fixtures_.of(with_fixture("db"), 1));
  fixtures_.end_run(1);
  EXPECT_FALSE(std::filesystem::exists(notes));
  EXPECT_FALSE(fixtures_.of(with_fixture("db"), 1));
  note("F use db\nS use\n");
  const auto set = fixtures_.of(with_fixture("db"), 1);
  ASSERT_TRUE(set);
  EXPECT_TRUE(fixtures_.uses_services(**set));
}

// What an attempt is granted of what its fixtures and services share.
class SharingTest : public FixtureContainmentsTest {
 protected:
  wire::AttemptGrant share(Containment containment, const std::string& fixture,
                           const std::string& service = {}) {
    wire::AttemptRequest request;
    request.properties.fixtures_required = fixture;
    wire::AttemptGrant granted;
    granted.scratch = lent_;
    granted.policy.containment = containment;
    if (!service.empty()) granted.policy.services = {{service}};
    asker_ = Connection();
    fixtures_.share(request, granted, asker_);
    return granted;
  }

  std::string lent_ = scratch_.path("scratch/7");
  Connection asker_;
};

TEST_F(SharingTest, WhoHasNeitherNetworkNorTmpOfItsOwnSharesNothingAndNeedsNoNotes) {
  const wire::AttemptGrant granted = share({Boundary::cgroup, Boundary::pidns}, "db", "web");
  EXPECT_EQ(granted.refusal, "");
  EXPECT_FALSE(granted.shares_network);
  EXPECT_EQ(granted.shared_tmp, "");
  EXPECT_FALSE(asker_.shared_set);
}

TEST_F(SharingTest, WithoutNotesATestWithFixturesIsRefused) {
  for (const Boundary one : {Boundary::netns, Boundary::tmp}) {
    const std::string refusal = share({one}, "db").refusal;
    EXPECT_TRUE(refusal.starts_with(
        "which tests share its network and its /tmp is not known: failed to open "))
        << refusal;
    EXPECT_EQ(share({one}, "").refusal, "");
  }
}

TEST_F(SharingTest, ATestSharesWhatItHasOfItsOwnAndNoMore) {
  note("F use db\n");
  const std::size_t set = **fixtures_.of(with_fixture("db"), 1);
  const std::string tmp = scratch_.path("scratch/fixtures-" + std::to_string(set));
  wire::AttemptGrant granted = share({Boundary::netns}, "db");
  EXPECT_TRUE(granted.shares_network);
  EXPECT_EQ(granted.shared_tmp, "");
  EXPECT_FALSE(std::filesystem::exists(tmp));
  EXPECT_EQ(asker_.shared_set, set);
  granted = share({Boundary::tmp}, "db");
  EXPECT_FALSE(granted.shares_network);
  EXPECT_EQ(granted.shared_tmp, tmp);
  EXPECT_TRUE(std::filesystem::is_directory(tmp));
  EXPECT_EQ(asker_.shared_set, set);
  granted = share({Boundary::netns, Boundary::tmp}, "db", "web");
  EXPECT_EQ(granted.refusal, "");
  EXPECT_TRUE(granted.shares_network);
  EXPECT_EQ(granted.shared_tmp, tmp);
  EXPECT_TRUE(fixtures_.uses_services(set));
}

TEST_F(SharingTest, WithoutFixturesOnlyTheNetworkOfServicesIsShared) {
  EXPECT_FALSE(share({Boundary::netns, Boundary::tmp}, "").shares_network);
  const wire::AttemptGrant granted = share({Boundary::netns, Boundary::tmp}, "", "web");
  EXPECT_EQ(granted.refusal, "");
  EXPECT_TRUE(granted.shares_network);
  EXPECT_EQ(granted.shared_tmp, "");
  EXPECT_FALSE(asker_.shared_set);
}

TEST_F(SharingTest, WhoUsesServicesAndComesAfterANetworkWithoutThemIsRefused) {
  note("F use db\n");
  (void)fixtures_.network(**fixtures_.of(with_fixture("db"), 1));
  EXPECT_EQ(share({Boundary::netns}, "db").refusal, "");
  EXPECT_EQ(share({Boundary::tmp}, "db", "web").refusal, "");
  const std::string refusal = share({Boundary::netns}, "db", "web").refusal;
  EXPECT_TRUE(refusal.starts_with("it uses services, and tests that fixtures connect with it "))
      << refusal;
  fixtures_.end_run(1);
}

TEST_F(SharingTest, ATmpThatCannotBeMadeIsRefusedAndOneThatHasNoPlaceIsNotAskedFor) {
  note("F use db\n");
  lent_ = std::string(k_tree_nowhere) + "/scratch/7";
  const wire::AttemptGrant refused = share({Boundary::tmp}, "db");
  EXPECT_TRUE(
      refused.refusal.starts_with("it has no /tmp in common with the tests that fixtures "
                                  "connect with it: failed to open "))
      << refused.refusal;
  EXPECT_EQ(refused.shared_tmp, "");
  lent_.clear();
  const wire::AttemptGrant without = share({Boundary::tmp}, "db");
  EXPECT_EQ(without.refusal, "");
  EXPECT_EQ(without.shared_tmp, "");
}

}  // namespace
}  // namespace holdfast
