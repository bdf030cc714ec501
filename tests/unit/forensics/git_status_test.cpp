#include "forensics/probes.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "os/file/clock.hpp"
#include "os/process/bounded_work.hpp"
#include "os/scratch.hpp"

namespace holdfast::forensics {
namespace {

using namespace std::string_literals;

constexpr Milliseconds k_plenty{60'000};
// Far more than a busy machine needs to end work that has no time left.
constexpr Milliseconds k_soon{20'000};

Finding look(const std::string& directory, Milliseconds time = k_plenty) {
  return git_finding(os::run_bounded(git_status_order(directory, time)), directory, time);
}

void write(const std::string& path, const std::string& content) { std::ofstream(path) << content; }

class Path {
 public:
  explicit Path(const std::string& path) : before_(::getenv("PATH")) {
    ::setenv("PATH", path.c_str(), 1);
  }
  ~Path() { ::setenv("PATH", before_.c_str(), 1); }
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;

 private:
  std::string before_;
};

class Repository : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("git --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "git is not installed";
    ASSERT_TRUE(git("init -q"));
  }
  bool git(const std::string& words) const {
    const std::string command =
        "cd '" + root() + "' && git -c user.name=t -c user.email=t@t " + words + " >/dev/null 2>&1";
    return std::system(command.c_str()) == 0;
  }
  std::string root() const { return scratch_.path("."); }
  std::string path(const std::string& name) const { return scratch_.path(name); }

 private:
  os::Scratch scratch_;
};

TEST(GitStatus, IsCountedAndTheFirstTenAreNamed) {
  std::string many;
  for (int i = 0; i < 12; ++i) many += "?? f" + std::to_string(i) + '\0';
  const struct {
    std::string porcelain;
    bool cut;
    std::string described;
  } rows[] = {
      {"", false, "clean"},
      {" M a\0"s, false, "1 file differs from what is committed\n M a"},
      {" M a b\0?? c\nd\0"s, false, "2 files differ from what is committed\n M a b\n?? c\nd"},
      {"R  new\0old\0 M x\0"s, false, "2 files differ from what is committed\nR  new\n M x"},
      {" M a\0 M b"s, true, "more than 1 files differ from what is committed\n M a"},
      {" M a"s, true, "more than 0 files differ from what is committed"},
      {"R  new\0"s, true, "more than 1 files differ from what is committed\nR  new"},
      {many, false,
       "12 files differ from what is committed, the first ten:\n?? f0\n?? f1\n?? f2\n?? f3\n?? f4\n"
       "?? f5\n?? f6\n?? f7\n?? f8\n?? f9"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(describe_git_status(row.porcelain, row.cut), row.described);
  }
}

TEST_F(Repository, SaysWhatIsNotCommitted) {
  EXPECT_EQ(look(root()).text, "clean");
  write(path("a"), "1");
  ASSERT_TRUE(git("add a && git -c user.name=t -c user.email=t@t commit -q -m a"));
  EXPECT_EQ(look(root()).text, "clean");
  write(path("a"), "22");
  write(path("b c"), "");
  const Finding finding = look(root());
  EXPECT_FALSE(finding.failed);
  EXPECT_EQ(finding.text, "2 files differ from what is committed\n M a\n?? b c");
}

TEST_F(Repository, IsTheOneOfTheDirectoryWhateverTheEnvironmentSays) {
  write(path("a"), "1");
  ::setenv("GIT_DIR", "/nonexistent", 1);
  const Finding finding = look(root());
  ::unsetenv("GIT_DIR");
  EXPECT_EQ(finding.text, "1 file differs from what is committed\n?? a");
}

TEST_F(Repository, IsConfiguredAsTheEnvironmentSays) {
  write(path("kept"), "");
  write(path("a"), "1");
  write(path("ignore"), "kept\nignore\n");
  ::setenv("GIT_CONFIG_COUNT", "1", 1);
  ::setenv("GIT_CONFIG_KEY_0", "core.excludesFile", 1);
  ::setenv("GIT_CONFIG_VALUE_0", path("ignore").c_str(), 1);
  const Finding finding = look(root());
  for (const char* name : {"GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"}) {
    ::unsetenv(name);
  }
  EXPECT_EQ(finding.text, "1 file differs from what is committed\n?? a");
}

TEST_F(Repository, GivesItsAnswerWholeOrNone) {
  os::BoundedOrder order = os::git_order(root(), {"rev-parse", "--git-dir"}, k_plenty);
  EXPECT_EQ(*os::ask_git(order), ".git\n");
  order.most_output = 3;
  EXPECT_EQ(to_text(os::ask_git(order).error()), "git printed more than 3 bytes");
  order = os::git_order(root(), {"rev-parse", "--verify", "nosuch"}, k_plenty);
  EXPECT_EQ(to_text(os::ask_git(order).error()), "git: Needed a single revision");
}

TEST_F(Repository, IsNotWrittenTo) {
  write(path("a"), "1");
  ASSERT_TRUE(git("add a"));
  const auto index = std::filesystem::last_write_time(path(".git/index"));
  // git status would write an index anew that is out of date.
  write(path("a"), "1");
  EXPECT_FALSE(look(root()).failed);
  EXPECT_EQ(std::filesystem::last_write_time(path(".git/index")), index);
  EXPECT_FALSE(std::filesystem::exists(path(".git/index.lock")));
}

TEST_F(Repository, OfAHundredThousandFilesIsBounded) {
  // These are links of empty files (a file has at most 65,000 names), put into the index by hand,
  // because git would take far longer to add them. None is committed, and git has to compare each
  // with the index.
  constexpr const char* k_empty_blob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
  std::ofstream index(path("index"));
  for (int folder = 0; folder < 100; ++folder) {
    const std::string name = "d" + std::to_string(folder);
    std::filesystem::create_directory(path(name));
    const std::string first = path(name + "/f0");
    write(first, "");
    for (int number = 0; number < 1000; ++number) {
      const std::string file = name + "/f" + std::to_string(number);
      if (number > 0) {
        ASSERT_EQ(::link(first.c_str(), path(file).c_str()), 0);
      }
      index << "100644 " << k_empty_blob << "\t" << file << '\n';
    }
  }
  index.close();
  ASSERT_TRUE(git("update-index --index-info <index && rm index"));
  const Finding whole = look(root());
  EXPECT_EQ(whole.text.substr(0, whole.text.find('\n')),
            "100000 files differ from what is committed, the first ten:");
  const Milliseconds before = os::monotonic_now();
  const Finding hurried = look(root(), Milliseconds{1});
  EXPECT_LT(os::monotonic_now() - before, k_soon);
  EXPECT_TRUE(hurried.failed);
  EXPECT_EQ(hurried.text, "git gave no answer within 0.0 s");
}

TEST(Git, ThatIsMissingIsSaid) {
  const os::Scratch empty;
  const Path path(empty.path("."));
  const Finding finding = look("/");
  EXPECT_TRUE(finding.failed);
  EXPECT_EQ(finding.text, "git is not installed");
}

TEST(Git, OutsideOfARepositoryOrInNoDirectoryIsSaid) {
  if (std::system("git --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "git is not installed";
  char directory[] = "/tmp/holdfast-no-repository.XXXXXX";
  ASSERT_NE(::mkdtemp(directory), nullptr);
  const Finding outside = look(directory);
  std::filesystem::remove(directory);
  EXPECT_TRUE(outside.failed);
  EXPECT_EQ(outside.text, std::string(directory) + " is in no repository of git");
  const Finding gone = look(directory);
  EXPECT_TRUE(gone.failed);
  EXPECT_EQ(gone.text,
            "git: cannot change to '" + std::string(directory) + "': No such file or directory");
}

TEST(Git, ThatHangsIsEndedWithWhatItStarted) {
  const os::Scratch scratch;
  const std::string fake = scratch.path("git");
  write(fake, "#!/bin/sh\nsetsid sleep 1000 &\ntrap '' TERM\nsleep 1000\n");
  ASSERT_EQ(::chmod(fake.c_str(), 0755), 0);
  const Path path(scratch.path(".") + ":/usr/bin:/bin");
  const Milliseconds before = os::monotonic_now();
  const Finding finding = look("/x", Milliseconds{300});
  EXPECT_LT(os::monotonic_now() - before, k_soon);
  EXPECT_TRUE(finding.failed);
  EXPECT_EQ(finding.text, "git gave no answer within 0.3 s");
}

}  // namespace
}  // namespace holdfast::forensics
