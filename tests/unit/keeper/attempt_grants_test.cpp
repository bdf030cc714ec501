#include "keeper/attempt_grants.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/environment.hpp"
#include "base/names.hpp"
#include "journal/records.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/lock/lock_file.hpp"
#include "os/log/log.hpp"
#include "os/scratch.hpp"
#include "run/nowhere.hpp"
#include "values/held_locks.hpp"

namespace holdfast {
namespace {

class AttemptGrants : public testing::Test {
 protected:
  AttemptGrants() {
    request_.test = "t";
    request_.key = "key";
  }
  wire::AttemptGrant grant(Company company = Company::none) {
    return grant_attempt(request_, settings_, company, run_, lines_);
  }
  static std::vector<std::string> texts_of(const std::vector<LockSpec>& locks) {
    std::vector<std::string> texts;
    for (const LockSpec& lock : locks) texts.push_back(to_text(lock));
    return texts;
  }

  wire::AttemptRequest request_;
  Result<ProjectSettings> settings_ = ProjectSettings{};
  RunLines lines_{k_no_ctest};
  holdfast::Run run_ = begun();
};

using Texts = std::vector<std::string>;

TEST_F(AttemptGrants, GiveEachAttemptANameOfItsOwn) {
  const wire::AttemptGrant first = grant();
  EXPECT_EQ(first.run, run_.id());
  EXPECT_EQ(first.attempt, run_.id() + ".1");
  EXPECT_FALSE(first.is_again);
  request_.key = "other";
  EXPECT_FALSE(grant().is_again);
  request_.key = "key";
  const wire::AttemptGrant again = grant();
  EXPECT_EQ(again.attempt, run_.id() + ".3");
  EXPECT_TRUE(again.is_again);
}

TEST_F(AttemptGrants, RefuseATestWhoseSettingsAreWrong) {
  settings_ = ErrorInWords{"holdfast.toml:1: no"};
  const wire::AttemptGrant refused = grant();
  EXPECT_EQ(refused.refusal, "holdfast.toml:1: no");
  EXPECT_EQ(refused.attempt, run_.id() + ".1");
}

TEST_F(AttemptGrants, RefuseATestWhoseLockIsNotUnderstood) {
  request_.said = {{Setting::locks, Source::property, "db:often", {}}};
  EXPECT_NE(grant().refusal, "");
}

TEST_F(AttemptGrants, SayOnceWhatOfAPropertyIsNotUnderstood) {
  request_.said = {{Setting::nice, Source::property, "very", {}}};
  EXPECT_EQ(grant().refusal, "");
  EXPECT_EQ(grant().refusal, "");
  const std::string summary = lines_.take_summary("");
  EXPECT_TRUE(summary.starts_with("holdfast: \"t\": ")) << summary;
  EXPECT_EQ(std::count(summary.begin(), summary.end(), '\n'), 1) << summary;
}

TEST_F(AttemptGrants, SayOnceThatThereAreNoScratchDirectories) {
  const os::Scratch tree;
  RunOrigin origin = origin_nowhere();
  origin.tree = tree.path();
  run_ = begun(origin);
  const std::string scratch =
      std::filesystem::path(run_.journal()).replace_filename(names::k_scratch_directory);
  std::ofstream(scratch) << "in the way";
  EXPECT_EQ(grant().scratch, "");
  EXPECT_EQ(grant().refusal, "");
  const std::string said = lines_.take_summary("");
  EXPECT_TRUE(said.starts_with("holdfast: ignoring that tests have no scratch directory: "))
      << said;
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
}

// Commands and variables may have passwords in them.
TEST_F(AttemptGrants, TellTheLogOfEachValueButOfNoSecret) {
  const os::Scratch scratch;
  const std::string file = scratch.path("holdfast.log");
  os::begin_log({.file = file, .level = LogLevel::debug});
  const std::string secret = "s3cr3t";
  for (const Setting setting : {Setting::on_failure, Setting::before_kill}) {
    request_.said.push_back({setting, Source::file, "send " + secret, "holdfast.toml:1"});
  }
  request_.said.push_back(
      {Setting::engine_options, Source::file, "--comment=" + secret, "holdfast.toml:1"});
  request_.said.push_back(
      {Setting::environment, Source::file, "TOKEN=" + secret, "holdfast.toml:1"});
  request_.said.push_back({Setting::nice, Source::file, "7", "holdfast.toml:1"});
  EXPECT_EQ(grant().refusal, "");
  const Result<std::string> log = os::read_file(file);
  ASSERT_TRUE(log);
  EXPECT_NE(log->find("nice = 7 (holdfast.toml:1"), std::string::npos) << *log;
  for (const char* key : {"on-failure", "before-kill", "engine-options", "environment.TOKEN"}) {
    EXPECT_NE(log->find(key), std::string::npos) << key;
  }
  EXPECT_EQ(log->find(secret), std::string::npos) << *log;
}

TEST_F(AttemptGrants, KeepTestsApartOnlyInCompany) {
  EXPECT_EQ(grant().policy.locks.size(), 0U);
  EXPECT_EQ(texts_of(grant(Company::possible).policy.locks),
            (Texts{"RUN_SERIAL:shared@build", "TEST key@build"}));
  request_.properties.serial = true;
  EXPECT_EQ(texts_of(grant(Company::possible).policy.locks),
            (Texts{"RUN_SERIAL@build", "TEST key@build"}));
}

TEST_F(AttemptGrants, InCompanyATestsOwnLocksStay) {
  request_.said = {{Setting::locks, Source::property, "db", {}}};
  EXPECT_EQ(texts_of(grant(Company::possible).policy.locks),
            (Texts{"RUN_SERIAL:shared@build", "TEST key@build", "db@project"}));
}

TEST_F(AttemptGrants, SayOnceAndInOnePrefixThatNothingIsRecorded) {
  const os::Scratch tree;
  RunOrigin origin = origin_nowhere();
  origin.tree = tree.path();
  run_ = begun(origin);
  std::filesystem::remove(run_.journal());
  std::filesystem::create_directory(run_.journal());
  request_.word = "word";
  (void)grant();
  const std::string said = "\n" + lines_.take_summary("");
  EXPECT_NE(said.find("\nholdfast: ignoring that attempts are not recorded: "), std::string::npos)
      << said;
}

TEST_F(AttemptGrants, HaveWhatTheRunHas) {
  ::unsetenv(environment::k_log.data());
  const os::Scratch tree;
  RunOrigin origin = origin_nowhere();
  origin.tree = tree.path();
  origin.settings.log = LogLevel::debug;
  run_ = begun(origin);
  const wire::AttemptGrant granted = grant();
  EXPECT_EQ(granted.journal, run_.journal());
  EXPECT_NE(granted.journal, "");
  EXPECT_TRUE(std::filesystem::is_directory(granted.scratch)) << granted.scratch;
  EXPECT_NE(grant().scratch, granted.scratch);
  EXPECT_EQ(granted.log, LogLevel::debug);
}

TEST_F(AttemptGrants, RefuseATestThatWasNotChosenUnlessItsSettingsAreWrong) {
  PlannedRecord chosen;
  chosen.is_own = true;
  chosen.tests = {"u"};
  RunOrigin origin = origin_nowhere();
  origin.planned = line_of(chosen);
  run_ = begun(origin);
  EXPECT_EQ(grant().refusal, run_.refusal_of("t"));
  EXPECT_NE(run_.refusal_of("t"), "");
  settings_ = ErrorInWords{"holdfast.toml:1: no"};
  EXPECT_EQ(grant().refusal, "holdfast.toml:1: no");
}

TEST(LocksOfTests, GoWithTheRunUnlessSomebodyHasThem) {
  const os::Scratch tree;
  const LockHome home{{}, tree.path()};
  const auto directory = [&](const std::string& key) {
    return os::user_directory_path() + "/locks/" + place_of(lock_of_test(key), home);
  };
  const auto had = [&](const std::string& key) {
    Result<os::LockRequest> lock = os::LockRequest::open(lock_of_test(key), home);
    EXPECT_TRUE(lock && lock->try_take());
    return std::move(*lock);
  };
  for (const char* key : {"one", "two"}) (void)had(key);
  const os::LockRequest kept = had("kept");
  remove_locks_of({"one", "two", "kept"}, tree.path());
  EXPECT_FALSE(std::filesystem::exists(directory("one")));
  EXPECT_FALSE(std::filesystem::exists(directory("two")));
  EXPECT_TRUE(std::filesystem::exists(directory("kept") + "/lock"));
  std::filesystem::remove_all(std::filesystem::path(directory("kept")).parent_path());
}

TEST(MemoryWatch, EachRiseOfTheCounterExplainsOneDeath) {
  const os::Scratch scratch;
  const std::string file = scratch.path("events");
  const auto count = [&](int kills) { std::ofstream(file) << "oom_kill " << kills << "\n"; };
  count(3);
  MemoryWatch watch(file);
  Connection first;
  Connection second;
  watch.note_start(first);
  watch.note_start(second);
  const auto is_sure = [&](const Connection& asker) {
    const auto answer = wire::read<wire::MemoryQuestion>(
        watch.answer(wire::to_message(wire::MemoryQuestion{}), asker));
    return answer && answer->is_sure;
  };
  EXPECT_FALSE(is_sure(first));
  count(4);
  EXPECT_TRUE(is_sure(first));
  EXPECT_FALSE(is_sure(second)) << "one death, and one rise";
  Connection later;
  watch.note_start(later);
  EXPECT_FALSE(is_sure(later));
  count(5);
  EXPECT_TRUE(is_sure(later));
}

TEST(MemoryWatch, AQuestionThatIsNotUnderstoodHasNoSureAnswer) {
  MemoryWatch watch("");
  const wire::Message odd(wire::MemoryQuestion::k_kind, {{"main", "x"}});
  const wire::Message answer = watch.answer(odd, Connection());
  EXPECT_EQ(answer.kind, wire::MemoryQuestion::k_kind);
  EXPECT_TRUE(answer.fields.empty());
}

}  // namespace
}  // namespace holdfast
