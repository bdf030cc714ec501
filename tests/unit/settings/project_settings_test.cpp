#include "settings/project_settings.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <unistd.h>
#include <cstdlib>

#include <filesystem>
#include <fstream>

#include "values/held_locks.hpp"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

class ProjectSettingsOnDisk : public testing::Test {
 protected:
  ProjectSettingsOnDisk() {
    std::string pattern = (fs::temp_directory_path() / "holdfast-settings.XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~ProjectSettingsOnDisk() override {
    std::error_code error;
    fs::remove_all(root_, error);
  }

  std::string write(const std::string& path, const std::string& text) {
    const fs::path file = root_ / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return file.string();
  }
  std::string directory(const std::string& path) {
    fs::create_directories(root_ / path);
    return (root_ / path).string();
  }

  fs::path root_;
};

TEST_F(ProjectSettingsOnDisk, ABuildTreeSaysWhereItsProjectIs) {
  write("tree/.holdfast/project", "key\n/somewhere else\n");
  EXPECT_EQ(settings_file_of_tree(directory("tree")), "/somewhere else/holdfast.toml");
  write("tree/.holdfast/project", "key\n");
  EXPECT_EQ(settings_file_of_tree(directory("tree")), std::nullopt);
  EXPECT_EQ(settings_file_of_tree(directory("other")), std::nullopt);
}

TEST_F(ProjectSettingsOnDisk, ACommandFindsTheFileOfTheTreeAroundIt) {
  const std::string file = write("source/holdfast.toml", "");
  write("tree/.holdfast/project", "key\n" + directory("source") + "\n");
  EXPECT_EQ(settings_file_around(directory("tree/a/b")), file);
}

TEST_F(ProjectSettingsOnDisk, WhoIsNowhereHasNone) {
  EXPECT_EQ(settings_file_around(""), std::nullopt);
  EXPECT_EQ(settings_file_around(root_.string() + "/missing"), std::nullopt);
}

TEST_F(ProjectSettingsOnDisk, AProjectWithoutAFileGetsNoneFromAboveItsTree) {
  write("outer/holdfast.toml", "");
  write("outer/tree/.holdfast/project", "key\n" + directory("source") + "\n");
  EXPECT_EQ(settings_file_around(directory("outer/tree/a")), std::nullopt);
}

TEST_F(ProjectSettingsOnDisk, ElseTheNearestUpToTheRepository) {
  const std::string outer = write("outer/holdfast.toml", "");
  EXPECT_EQ(settings_file_around(directory("outer/a/b")), outer);
  directory("outer/repository/.git");
  EXPECT_EQ(settings_file_around(directory("outer/repository/a")), std::nullopt);
  const std::string own = write("outer/repository/holdfast.toml", "");
  EXPECT_EQ(settings_file_around(directory("outer/repository/a")), own);
}

TEST_F(ProjectSettingsOnDisk, AFileThatIsNotThereMeansBuiltInDefaultsAndAProfileIsMissed) {
  const Result<ProjectSettings> plain = ProjectSettings::load("/not/there", "default");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->note(), "");
  EXPECT_EQ(plain->run().runs, SecondRun::wait);
  const Result<ProjectSettings> missed = ProjectSettings::load("/not/there", "ci");
  ASSERT_TRUE(missed);
  EXPECT_EQ(missed->note(), "ignoring the profile \"ci\": there is no /not/there");
}

TEST_F(ProjectSettingsOnDisk, ALinkToNothingIsNotPassedOver) {
  const std::string link = (fs::path(directory("source")) / "holdfast.toml").string();
  fs::create_symlink("nothing", link);
  EXPECT_EQ(settings_file_around(directory("source/a")), link);
  const Result<ProjectSettings> loaded = ProjectSettings::load(link, "default");
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find(link), std::string::npos) << loaded.error().message;
}

TEST_F(ProjectSettingsOnDisk, WhoMadeTheFileBehindALinkIsTrustedToo) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make files of others";
  const std::string real = write("real.toml", "");
  const std::string link = (fs::path(directory("source")) / "holdfast.toml").string();
  fs::create_symlink(real, link);
  EXPECT_TRUE(ProjectSettings::load(link, "default"));
  ASSERT_EQ(::chown(real.c_str(), 65534, 65534), 0);
  const Result<ProjectSettings> loaded = ProjectSettings::load(link, "default");
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("of user 65534"), std::string::npos);
}

TEST_F(ProjectSettingsOnDisk, WhatAStrangerLeftAboveIsPassedOver) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make files of others";
  constexpr uid_t k_nobody = 65534;
  const auto give_away = [&](const std::string& path) {
    ASSERT_EQ(::lchown(path.c_str(), k_nobody, k_nobody), 0) << path;
  };
  const std::string outer = write("holdfast.toml", "");
  const std::string inner = write("a/holdfast.toml", "");
  const std::string here = directory("a/b/c");
  give_away(inner);
  EXPECT_EQ(settings_file_around(here), outer);
  const std::string mark = write("a/b/.holdfast/project", "key\n" + directory("a") + "\n");
  EXPECT_EQ(settings_file_around(here), inner);
  give_away(mark);
  EXPECT_EQ(settings_file_around(here), outer);
  // Whose directory it is, is no stranger there.
  give_away(here);
  EXPECT_EQ(settings_file_around(here), inner);
}

TEST_F(ProjectSettingsOnDisk, AProfileIsMissedWhereThereIsNoProjectToo) {
  const Result<ProjectSettings> missed = ProjectSettings::load(std::nullopt, "ci");
  ASSERT_TRUE(missed);
  EXPECT_EQ(missed->note(), "ignoring the profile \"ci\": there is no holdfast.toml");
}

TEST_F(ProjectSettingsOnDisk, OfFlakesEachTestHasThoseOfItsNameAndExpiredOnesAreNoted) {
  const std::string entry = "signature = \"s\"\nissue = \"P\"\nexpires = 2026-01-31\n";
  const std::string file = write("holdfast.toml", "[[known-flaky]]\ntests = \"^a\"\n" + entry +
                                                      "[[known-flaky]]\ntests = \"b$\"\n" + entry);
  const auto count = [&](const char* day, const char* test) {
    const Result<ProjectSettings> project = ProjectSettings::load(file, "default", *parse_day(day));
    EXPECT_TRUE(project);
    EXPECT_EQ(project->note().empty(), std::string(day) == "2026-01-31") << project->note();
    return project->values_for(test, "").size();
  };
  EXPECT_EQ(count("2026-01-31", "ab"), 2U);
  EXPECT_EQ(count("2026-01-31", "b"), 1U);
  EXPECT_EQ(count("2026-01-31", "c"), 0U);
  EXPECT_EQ(count("2026-02-01", "ab"), 0U);
}

TEST_F(ProjectSettingsOnDisk, WhoTriesAgainAloneHasALockForIt) {
  const auto locks_of = [&](const std::string& text) {
    const std::string file = write("holdfast.toml", "[profile.default]\n" + text);
    const Result<ProjectSettings> project = ProjectSettings::load(file, "default");
    EXPECT_TRUE(project) << text;
    return project ? project->resolve("t", {}, {})->policy.locks : std::vector<LockSpec>();
  };
  EXPECT_EQ(locks_of("retry-alone = true\n"), std::vector<LockSpec>{retry_alone_lock()});
  EXPECT_TRUE(locks_of("retry-alone = false\n").empty());
  EXPECT_TRUE(locks_of("").empty());
}

// The shell runs a hook in the test's working directory, which is another one for each test.
TEST_F(ProjectSettingsOnDisk, AHookOfARelativePathIsBesideTheRealFile) {
  const std::string real = write("it's shared/holdfast.toml", R"(
[profile.default]
on-failure = "./collect.sh 2>&1"
before-kill = "../tools/stacks"
[[override]]
test = "named"
on-failure = "collect.sh ./x"
)");
  directory("source");
  fs::create_symlink(real, root_ / "source/holdfast.toml");
  const Result<ProjectSettings> project =
      ProjectSettings::load((root_ / "source/holdfast.toml").string(), "default");
  ASSERT_TRUE(project);
  const Hooks hooks = project->resolve("any", {}, {})->policy.hooks;
  const std::string beside = (root_ / "it'\\''s shared/").string();
  EXPECT_EQ(hooks.on_failure, "'" + beside + "'./collect.sh 2>&1");
  EXPECT_EQ(hooks.before_kill, "'" + beside + "'../tools/stacks");
  EXPECT_EQ(project->resolve("named", {}, {})->policy.hooks.on_failure, "collect.sh ./x");
}

TEST_F(ProjectSettingsOnDisk, WhatIsNoFileOrTooLargeIsRefused) {
  const Result<ProjectSettings> folder = ProjectSettings::load(directory("folder"), "default");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().message, directory("folder") + ": found no regular file, expected one");
  const std::string large = write("large", std::string(1024 * 1024 + 1, '#'));
  const Result<ProjectSettings> refused = ProjectSettings::load(large, "default");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, large + ": found more than 1 MiB, expected less");
}

TEST_F(ProjectSettingsOnDisk, ATestGetsWhatIsSaidOfItsNameAndLabels) {
  const std::string file = write("holdfast.toml", R"(
[[override]]
test = "^slow\\."
timeout = 60
[[override]]
label = "big"
scratch = "remove"
)");
  const Result<ProjectSettings> project = ProjectSettings::load(file, "default");
  ASSERT_TRUE(project);
  TestProperties properties;
  properties.labels = "big";
  const Result<ResolvedPolicy> resolved = project->resolve("slow.one", properties, {});
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->policy.timeout, Milliseconds{60'000});
  EXPECT_EQ(resolved->policy.scratch, Scratch::remove);
  EXPECT_EQ(project->resolve("fast", {}, {})->policy, Policy{});
}

TEST(SelectedProfile, IsThatOfTheVariableUnlessItIsEmpty) {
  ::setenv("HOLDFAST_PROFILE", "ci", 1);
  EXPECT_EQ(selected_profile(), "ci");
  ::setenv("HOLDFAST_PROFILE", "", 1);
  EXPECT_EQ(selected_profile(), "default");
  ::unsetenv("HOLDFAST_PROFILE");
  EXPECT_EQ(selected_profile(), "default");
}

}  // namespace
}  // namespace holdfast
