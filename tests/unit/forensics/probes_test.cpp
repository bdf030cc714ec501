#include "forensics/probes.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "os/file/program_identity.hpp"
#include "os/scratch.hpp"
#include "os/test_lock.hpp"

namespace holdfast::forensics {
namespace {

namespace fs = std::filesystem;

void write(const std::string& path, const std::string& content = "#!/bin/sh\n") {
  std::ofstream(path, std::ios::trunc) << content;
  ::chmod(path.c_str(), 0755);
}

std::string text_of(const Result<std::string>& result) {
  return result ? *result : "failed to " + result.error().message;
}

TEST(ProgramProbe, SaysWhatBecameOfTheProgram) {
  const os::Scratch scratch;
  const std::string program = scratch.path("test");
  write(program);
  const Result<ProgramIdentity> before = os::identify_program(program);
  ASSERT_TRUE(before);
  const std::string is = program + ": inode " + std::to_string(before->inode) + ", 10 bytes";
  EXPECT_EQ(text_of(look_at_program(program, std::nullopt)), is);
  EXPECT_EQ(text_of(look_at_program(program, *before)), is + "\nthe same as before");
  ::chmod(program.c_str(), 0644);
  EXPECT_EQ(text_of(look_at_program(program, std::nullopt)), is + ", not executable");
  fs::remove(program);
  EXPECT_EQ(text_of(look_at_program(program, *before)), program + " does not exist any more");
  EXPECT_EQ(text_of(look_at_program(program, std::nullopt)), program + " does not exist");
  fs::create_symlink("nothing", program);
  EXPECT_EQ(text_of(look_at_program(program, *before)),
            program + " is a link to what does not exist");
  EXPECT_EQ(text_of(look_at_program(program + "/below", std::nullopt)),
            program + "/below does not exist");
  fs::remove(program);
  write(program, "#!/bin/sh\nexit 1\n");
  EXPECT_EQ(text_of(look_at_program(program + "/below", std::nullopt)),
            program + "/below does not exist");
  const std::string changed = text_of(look_at_program(program, *before));
  EXPECT_NE(changed.find("\nchanged: size 10 -> 17"), std::string::npos) << changed;
  EXPECT_NE(changed.find("modified"), std::string::npos) << changed;
}

TEST(InputsProbe, LooksAtEachFileWhateverTheOthersAre) {
  const os::Scratch scratch;
  const std::string data = scratch.path("data");
  const std::string folder = scratch.path("folder");
  const std::string gone = scratch.path("gone");
  write(data, "12345");
  ::chmod(data.c_str(), 0644);
  fs::create_directory(folder);
  const Result<ProgramIdentity> before = os::identify_program(data);
  ASSERT_TRUE(before);
  const std::string text = text_of(look_at_inputs(
      {{scratch.path(std::string(300, 'x')), {}}, {folder, {}}, {data, *before}, {gone, {}}}));
  const auto has = [&](const std::string& part) { return text.find(part) != std::string::npos; };
  EXPECT_TRUE(has("File name too long\n" + folder + " is a directory\n" + data + ": inode "))
      << text;
  EXPECT_FALSE(has("not executable")) << text;
  EXPECT_TRUE(has("\nthe same as before\n" + gone + " does not exist\n" + scratch.path() +
                  " has 2 entries"))
      << text;
}

TEST(DirectoryProbe, CountsEntriesAndNamesLookAlikes) {
  const os::Scratch scratch;
  for (const char* name : {"db_test", "db_tests", "README", "web"}) write(scratch.path(name));
  const std::string directory = scratch.path("");
  const std::string in = directory.substr(0, directory.size() - 1);
  EXPECT_EQ(text_of(look_at_directory(scratch.path("db_tset"))),
            in + " has 4 entries; like db_tset: db_test, db_tests");
  EXPECT_EQ(text_of(look_at_directory(scratch.path("quite another"))), in + " has 4 entries");
  EXPECT_EQ(text_of(look_at_directory(scratch.path("web"), 2)), in + " has more than 2 entries");
}

TEST(DirectoryProbe, SaysHowFarThePathLeads) {
  const os::Scratch scratch;
  const std::string directory = scratch.path("");
  const std::string in = directory.substr(0, directory.size() - 1);
  EXPECT_EQ(text_of(look_at_directory(in + "/a/b/test")),
            in + "/a/b does not exist; what is left of the path is " + in);
  write(in + "/file");
  EXPECT_EQ(text_of(look_at_directory(in + "/file/test")),
            in + "/file does not exist; what is left of the path is " + in);
  EXPECT_EQ(text_of(look_at_directory("/no-such-file-of-holdfast/x")),
            "/no-such-file-of-holdfast does not exist; what is left of the path is /");
}

// As in a test's REQUIRED_FILES.
TEST(DirectoryProbe, OfARelativePathIsTheOneHere) {
  EXPECT_TRUE(text_of(look_at_directory("no-such-file-of-holdfast")).starts_with(". has "));
  EXPECT_EQ(text_of(look_at_directory("no-such-directory-of-holdfast/x")),
            "no-such-directory-of-holdfast does not exist; what is left of the path is .");
}

TEST(MachineProbe, ReadsWhatLinuxSays) {
  const char* meminfo =
      "MemTotal:       16384000 kB\nMemFree:          100 kB\nMemAvailable:    8192000 kB\n"
      "SwapTotal:       2097152 kB\nSwapFree:        1048576 kB\n";
  EXPECT_EQ(
      text_of(describe_machine(meminfo, "0.52 1.58 12.59 1/1190 4711\n", 2)),
      "memory 7.8 GiB of 15.6 GiB available, swap 1.0 GiB of 2.0 GiB, load 0.52 1.58 12.59 on "
      "2 processors");
  EXPECT_EQ(text_of(describe_machine("MemTotal: 1024 kB\nMemAvailable: 512 kB\nSwapTotal: 0 kB\n",
                                     "1 2 3 4 5", 1)),
            "memory 512.0 KiB of 1.0 MiB available, load 1 2 3 on 1 processor");
  EXPECT_EQ(text_of(describe_machine("MemTotal: 1024 kB\nMemAvailable: 512 kB\n", "1 2 3", 1)),
            "memory 512.0 KiB of 1.0 MiB available, load 1 2 3 on 1 processor");
  for (const char* unknown : {"", "MemTotal: 1024 kB\n", "MemAvailable: 512 kB\n"}) {
    EXPECT_EQ(text_of(describe_machine(unknown, "1 2 3", 1)), "failed to understand /proc/meminfo")
        << unknown;
  }
  EXPECT_TRUE(look_at_machine());
}

std::string summary(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) text += finding.probe + (finding.failed ? "! " : " ");
  return text;
}

std::vector<Finding> look_around(const Subject& subject, Milliseconds time) {
  const Probes probes(subject, time);
  os::await(probes.works());
  return probes.findings();
}

TEST(LocksProbe, NamesTheFirstTenThatAreInUse) {
  const os::TestLock lock;
  std::vector<os::LockRequest> held;
  std::vector<std::string> places;
  const auto look = [&](std::size_t count) {
    while (held.size() < count) {
      const std::string name = "lock" + std::to_string(held.size());
      held.push_back(lock.request(name));
      EXPECT_TRUE(os::takes(held.back()));
      held.back().sign(os::party_named("holder"));
      places.push_back("project-" + lock.home().project + "/" + name);
    }
    return text_of(look_at_locks(places));
  };
  EXPECT_EQ(look(0), "none in use");
  const std::string ten = look(10);
  EXPECT_EQ(std::ranges::count(ten, '\n'), 9) << ten;
  EXPECT_EQ(ten.find(" more"), std::string::npos) << ten;
  EXPECT_NE(ten.find("\"holder\""), std::string::npos) << ten;
  const std::string twelve = look(12);
  EXPECT_EQ(std::ranges::count(twelve, '\n'), 10) << twelve;
  EXPECT_TRUE(twelve.ends_with("\n… and 2 more")) << twelve;
}

TEST(LocksProbe, CountsThoseThatWait) {
  const os::TestLock lock;
  os::Holder holder(lock);
  os::LockRequest waiter = lock.request();
  ASSERT_FALSE(os::takes(waiter));
  const std::string text = text_of(look_at_locks({"project-" + lock.home().project + "/db"}));
  EXPECT_TRUE(text.ends_with(": held by nobody who left a record; 1 waiting")) << text;
}

TEST(Probes, AllAreAskedAndNoneFailsTheRest) {
  const os::Scratch scratch;
  write(scratch.path("test"));
  Subject subject{scratch.path("test"), std::nullopt, "/proc", {"user/db"}};
  const std::vector<Finding> findings = look_around(subject, Milliseconds{30'000});
  EXPECT_EQ(summary(findings), "program directory git! machine locks ");
  subject.inputs = {{scratch.path("data"), ProgramIdentity{}}};
  const std::vector<Finding> all = look_around(subject, Milliseconds{30'000});
  EXPECT_EQ(summary(all), "program directory inputs git! machine locks ");
  EXPECT_TRUE(all.at(2).text.starts_with(scratch.path("data") + " does not exist any more\n"))
      << all[2].text;
  EXPECT_NE(all[3].text.find("/proc is in no repository"), std::string::npos) << all[3].text;
  EXPECT_EQ(summary(look_around({}, Milliseconds{30'000})), "machine ");
}

TEST(Probes, WhatCannotBeLookedAtIsAFailureThatSaysWhy) {
  const std::string program = "/" + std::string(300, 'x') + "/test";
  const std::vector<Finding> findings =
      look_around({program, std::nullopt, "", {}}, Milliseconds{30'000});
  EXPECT_EQ(summary(findings), "program! directory! machine ");
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NE(findings.at(i).text.find("File name too long"), std::string::npos)
        << findings[i].text;
  }
}

TEST(Probes, ThisMachineIsNotLookedAtForATestOfAnother) {
  Subject subject;
  subject.program = "/bin/sh";
  subject.is_on_this_machine = false;
  EXPECT_EQ(summary(look_around(subject, Milliseconds{30'000})), "program directory ");
}

TEST(Probes, AParentDirectoryThatIsGoneIsAnAnswerNotAFailure) {
  const os::Scratch scratch;
  const std::vector<Finding> findings =
      look_around({scratch.path("gone/test"), ProgramIdentity{}, scratch.path("gone"), {}},
                  Milliseconds{30'000});
  EXPECT_EQ(summary(findings), "program directory git! machine ");
  EXPECT_EQ(findings[0].text, scratch.path("gone/test") + " does not exist any more");
  EXPECT_NE(findings[1].text.find("what is left of the path is"), std::string::npos);
}

TEST(Probes, WithoutTimeEachSaysThatItHadNone) {
  const std::vector<Finding> findings =
      look_around({"/bin/sh", std::nullopt, "/", {"user/db"}}, Milliseconds{0});
  ASSERT_EQ(findings.size(), 5U);
  for (const Finding& finding : findings) {
    EXPECT_TRUE(finding.failed) << finding.probe << ": " << finding.text;
  }
}

TEST(Probes, OneThatNobodyWaitedForWasCutShort) {
  const Probes probes({}, Milliseconds{30'000});
  EXPECT_EQ(to_text(probes.findings()),
            "holdfast:   machine   not known: cut short, the test was told to end\n");
}

}  // namespace
}  // namespace holdfast::forensics
