#include "report/bundle/bundle.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "journal/scratch_directory.hpp"
#include "os/file/descriptors.hpp"
#include "report/bundle/bundled_files.hpp"
#include "report/rendered.hpp"

namespace holdfast {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t k_mib = 1U << 20U;
const std::string k_program = HOLDFAST_ARCHIVE_PROGRAM;

Packing packing_of(std::uint64_t most, std::string& archive) {
  return {std::move(*os::memory_file("")),
          [&archive](std::string_view bytes) {
            archive += bytes;
            return true;
          },
          most};
}

// Adds files that are small, so that their heads count as much as they do.
Result<void> add_small_files(Packing& packing) {
  for (int i = 0; i < 50; ++i) {
    const std::string name = "printed/" + std::string(600, 'x') + std::to_string(i);
    if (Result<void> added = packing.add(name, "a"); !added) return added;
  }
  return {};
}

TEST(Packing, WhatCouldNotBeReadBackIsRefused) {
  std::string archive;
  Packing packing = packing_of(3 * k_mib, archive);
  ASSERT_TRUE(packing.add("printed/1", std::string(2 * k_mib, 'x')));
  const Result<void> added = packing.add("run/journal.jsonl", std::string(k_mib, 'x'));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().message,
            "pack run/journal.jsonl: no bundle of more than 3 MiB can be read");
}

TEST(Packing, WhatIsPackedCanBeReadBackWithTheSameLimit) {
  std::uint64_t least = 50;  // no file fits into less
  std::string archive;
  const auto packs = [&](std::uint64_t most) {
    archive.clear();
    Packing packing = packing_of(most, archive);
    return add_small_files(packing) && packing.finish(k_program, "tar");
  };
  while (!packs(least)) least += 50;
  const ScratchDirectory scratch;
  const std::string file = scratch.write("a.tar", archive).string();
  const os::UniqueFd out = std::move(*os::memory_file(""));
  const Result<void> read =
      run_archiver({k_program, "unpack", file, std::to_string(least)}, -1, out.get());
  EXPECT_TRUE(read) << read.error().message;
}

TEST(Packing, OutputsAndScratchForWhichThereIsNoRoomAreLeftOut) {
  const ScratchDirectory run;
  run.write("output/1.log", "first\n");
  run.write("output/2.log", std::string(k_mib, 'x'));
  run.write("output/3.log", "third\n");
  run.write("scratch/1/core", std::string(k_mib, 'x'));
  std::string archive;
  Packing packing = packing_of(17 * k_mib, archive);  // 16 are for what the bundle needs
  LeftOut left_out;
  ASSERT_TRUE(add_outputs(packing, run.path(), BundleSizes{}, left_out));
  ASSERT_TRUE(add_scratch(packing, run.path(), BundleSizes{}, left_out));
  EXPECT_EQ(left_out.text(), "output/2.log: 1 MiB, too large\nscratch/1/core: 1 MiB, too large\n");
  ASSERT_TRUE(packing.finish(k_program, "tar"));
  EXPECT_THAT(archive, HasSubstr("run/output/3.log"));
}

TEST(Packing, ThatOutputsWereDroppedIsInTheBundle) {
  const ScratchDirectory run;
  run.write("output/dropped", "");
  run.write("services/db-1.stop", "kill");
  std::string archive;
  Packing packing = packing_of(20 * k_mib, archive);
  LeftOut left_out;
  ASSERT_TRUE(add_outputs(packing, run.path(), BundleSizes{}, left_out));
  EXPECT_EQ(left_out.count(), 0U);
  ASSERT_TRUE(packing.finish(k_program, "tar"));
  EXPECT_THAT(archive, HasSubstr("run/output/dropped"));
  EXPECT_THAT(archive, testing::Not(HasSubstr("db-1.stop")));
}

Result<BundledFiles> files_in(const std::string& archive) {
  const ScratchDirectory scratch;
  return BundledFiles::take_out(k_program, scratch.write("a.tar", archive).string());
}

TEST(Packing, ABundleKnowsItsRunWithoutTheFirstRecord) {
  std::string archive;
  Packing packing = packing_of(20 * k_mib, archive);
  ASSERT_TRUE(packing.add(
      "run/journal.jsonl",
      R"({"v":1,"type":"attempt_started","at":1,"attempt":"x.1","test":"a","key":"k","n":1})"
      "\n"));
  ASSERT_TRUE(
      packing.add("bundle.json", text_of(Manifest{"0.1.0", "7-x", RunState::going_on, false})));
  ASSERT_TRUE(packing.finish(k_program, "tar"));
  const ScratchDirectory scratch;
  const Result<LoadedReport> read =
      read_bundle(k_program, scratch.write("a.tar", archive).string());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->report.run.id, "7-x");
  EXPECT_TRUE(read->report.tests.at(0).attempts.at(0).is_running);
}

TEST(Packing, AFileThatHasBecomeShorterEndsInZeros) {
  const std::string text(100'000, 'x');
  std::istringstream stream(text);
  std::string archive;
  Packing packing = packing_of(20 * k_mib, archive);
  ASSERT_TRUE(packing.add("run/output/1.log", stream, text.size() + 20'000));
  ASSERT_TRUE(packing.finish(k_program, "tar"));
  const Result<BundledFiles> files = files_in(archive);
  ASSERT_TRUE(files) << files.error().message;
  const Result<RunFile> file = files->open("output/1.log");
  ASSERT_TRUE(file);
  const std::string found(std::istreambuf_iterator<char>(*file->stream), {});
  EXPECT_TRUE(found == text + std::string(20'000, '\0')) << found.size();
}

TEST(Packing, AllOutputsTogetherHaveALimit) {
  const ScratchDirectory run;
  run.write("output/1.log", "first\n");
  run.write("output/2.log", "second\n");
  run.write("services/db-1.log", "db\n");
  std::string archive;
  Packing packing = packing_of(20 * k_mib, archive);
  BundleSizes sizes;
  sizes.outputs = 10;
  LeftOut left_out;
  ASSERT_TRUE(add_outputs(packing, run.path(), sizes, left_out));
  EXPECT_EQ(left_out.text(), "output/2.log: 7 bytes, too large\n");
}

// Every test has printed the same.
class SameOutputs final : public Outputs {
 public:
  Printed of(const TestReport& /*test*/) override { return {std::string(k_mib, 'x'), {}}; }
  std::string of(const Case& /*one*/) override { return {}; }
  std::string of(const Attempt& /*earlier*/) override { return {}; }
  std::string of(const ServiceOutput& /*part*/) override { return {}; }
};

TEST(Packing, PrintedOutputsForWhichThereIsNoRoomAreLeftOutWithANote) {
  LoadedReport loaded;
  loaded.outputs = std::make_unique<SameOutputs>();
  for (const char* name : {"a", "b"}) {
    TestReport test;
    test.name = name;
    test.attempts.emplace_back();
    test.output_place = OutputPlace{"/b/LastTest.log", static_cast<std::uint64_t>(*name), k_mib};
    loaded.report.tests.push_back(std::move(test));
  }
  std::string archive;
  Packing packing = packing_of(18 * k_mib, archive);
  LeftOut left_out;
  ASSERT_TRUE(add_printed(packing, loaded, left_out));
  EXPECT_EQ(left_out.text(), "the output of b: the bundle has no room for it\n");
  ASSERT_TRUE(packing.finish(k_program, "tar"));
  EXPECT_THAT(archive, HasSubstr(R"("offset":98,"note":"the bundle had no room for it")"));
  Result<BundledFiles> files = files_in(archive);
  ASSERT_TRUE(files) << files.error().message;
  const std::unique_ptr<Outputs> outputs = outputs_in(std::move(*files));
  EXPECT_EQ(outputs->of(loaded.report.tests[0]).note, "");
  EXPECT_EQ(outputs->of(loaded.report.tests[1]).note, "the bundle had no room for it");
}

TEST(Packing, PrintedOutputsAreReadBackFromAnyOfTheirPieces) {
  LoadedReport loaded;
  loaded.outputs = std::make_unique<MadeUpOutputs>(std::map<std::string, std::string>{
      {"a", std::string(k_mib, 'x')}, {"b", "of b\n"}, {"c", "of c\n"}});
  for (const char* name : {"a", "b", "c"}) {
    TestReport& test = loaded.report.tests.emplace_back();
    test.name = name;
    test.attempts.emplace_back();
    test.output_place = OutputPlace{"/b/LastTest.log", static_cast<std::uint64_t>(*name), k_mib};
  }
  std::string archive;
  Packing packing = packing_of(20 * k_mib, archive);
  LeftOut left_out;
  ASSERT_TRUE(add_printed(packing, loaded, left_out));
  ASSERT_TRUE(packing.finish(k_program, "tar"));
  const ScratchDirectory scratch;
  Result<BundledFiles> files =
      BundledFiles::take_out(k_program, scratch.write("a.tar", archive).string());
  ASSERT_TRUE(files) << files.error().message;
  const std::unique_ptr<Outputs> outputs = outputs_in(std::move(*files));
  const auto printed = [&](std::size_t test) {
    return outputs->of(loaded.report.tests[test]).text;
  };
  EXPECT_EQ(printed(2), "of c\n");
  EXPECT_TRUE(printed(0).starts_with("xx"));
  EXPECT_EQ(printed(1), "of b\n");
}

TEST(Packing, OfScratchDirectoriesSoManyFilesAreTakenAndSoDeep) {
  const ScratchDirectory run;
  for (const char* name : {"scratch/1/a", "scratch/2/b", "scratch/3/c"}) run.write(name, "x\n");
  std::filesystem::create_symlink("/tmp", run.path() / "scratch/1/.tmp");  // where its /tmp is
  std::string deep = "scratch/4";
  for (int i = 0; i < 70; ++i) deep += "/d";
  run.write(deep + "/e", "x\n");
  BundleSizes sizes;
  sizes.scratch_files = 2;
  std::string archive;
  Packing packing = packing_of(k_largest_bundle, archive);
  LeftOut left_out;
  ASSERT_TRUE(add_scratch(packing, run.path(), sizes, left_out));
  EXPECT_THAT(left_out.text(), testing::StartsWith("scratch/3/c: more than 2 files\nscratch/4/d"));
  EXPECT_THAT(left_out.text(), testing::EndsWith("/d: too deep\n"));
  EXPECT_EQ(left_out.count(), 2U);
}

TEST(Packing, OfWhatIsLeftOutTheFirstLinesAreTold) {
  LeftOut many;
  for (int i = 0; i < 1003; ++i) many.note(std::to_string(i), "too large");
  EXPECT_THAT(many.text(), testing::EndsWith("\n999: too large\nand 3 more\n"));
  LeftOut lengthy;
  for (int i = 0; i < 3; ++i) lengthy.note(std::string(600'000, 'x'), "too large");
  EXPECT_THAT(lengthy.text(), testing::EndsWith(": too large\nand 1 more\n"));
}

TEST(Packing, AProgramForArchivesThatCannotDoItSaysWhatIsKnown) {
  const os::UniqueFd out = std::move(*os::memory_file(""));
  const Result<void> missing = run_archiver({"/no/such/program"}, -1, out.get());
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("start /no/such/program: "));
  const Result<void> failed = run_archiver({"/bin/false"}, -1, out.get());
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("ended with exit code 1"));
  // What it writes is not what we read.
  const auto other = BundledFiles::take_out("/bin/echo", "a.tar");
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr("holdfast-archive is of another version"));
}

TEST(Packing, WhatIsNoFileOrDirectoryOfARunIsLeftOutAndNamed) {
  const ScratchDirectory run;
  run.write("output/1.log", "first\n");
  std::filesystem::create_symlink("1.log", run.path() / "output/2.log");
  run.write("services", "no directory");
  run.write("scratch", "no directory");
  std::string archive;
  Packing packing = packing_of(20 * k_mib, archive);
  LeftOut left_out;
  ASSERT_TRUE(add_outputs(packing, run.path(), BundleSizes{}, left_out));
  ASSERT_TRUE(add_scratch(packing, run.path(), BundleSizes{}, left_out));
  const std::string text = left_out.text();
  EXPECT_EQ(left_out.count(), 3U) << text;
  EXPECT_THAT(text, HasSubstr("output/2.log: a link\n"));
  EXPECT_THAT(text, HasSubstr("services: "));
  EXPECT_THAT(text, HasSubstr("scratch: "));
}

TEST(Packing, AnArchiveThatNobodyTakesIsNotMade) {
  Packing refused(std::move(*os::memory_file("")), [](std::string_view) { return false; });
  const Result<void> added = refused.add("run/journal.jsonl", "x");
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().message, "write the archive: interrupted");
  // It is interrupted when everything has been collected.
  Packing late(std::move(*os::memory_file("")),
               [](std::string_view bytes) { return bytes.empty(); });
  ASSERT_TRUE(late.add("run/journal.jsonl", "x"));
  const Result<void> finished = late.finish(k_program, "tar");
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().message, "write the archive: interrupted");
}

TEST(Packing, WhoCannotTakeMoreEndsTheProgramForArchives) {
  const os::UniqueFd out = std::move(*os::memory_file(""));
  const Result<void> run = run_archiver({"/bin/sleep", "1000"}, -1, out.get(),
                                        [] { return Result<void>(Error{"take"}); });
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().message, "take");
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "it is a child still";
}

TEST(Packing, AProgramForArchivesThatDiesIsSaidToHaveDied) {
  const os::UniqueFd out = std::move(*os::memory_file(""));
  const Result<void> died = run_archiver({"/bin/sh", "-c", "kill -SEGV $$"}, -1, out.get());
  ASSERT_FALSE(died);
  EXPECT_EQ(died.error().message, "use holdfast-archive: it died of signal 11");
  const Result<void> said =
      run_archiver({"/bin/sh", "-c", "printf why >&2; exit 2"}, -1, out.get());
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().message, "why");
}

// A run as it is on disk, and its report.
class BundledRun : public testing::Test {
 protected:
  BundledRun() {
    write("journal.jsonl",
          R"({"v":1,"type":"run_started","at":1000,"run":"7-x","tree":"/t"})"
          "\n"
          R"({"v":1,"type":"attempt_ended","at":1002,"attempt":"7-x.1","test":"a","key":"k","n":1,)"
          R"("outcome":"failed","exit_code":1,"log":"/t/.holdfast/runs/7-x/output/7-x.1.log"})"
          "\n"
          R"({"v":1,"type":"attempt_ended","at":1003,"attempt":"7-x.2","test":"a","key":"k","n":2,)"
          R"("outcome":"passed","exit_code":0})"
          "\n"
          R"({"v":1,"type":"run_ended","at":1004,"run":"7-x","complete":true})"
          "\n");
    write("output/7-x.1.log", "of the first attempt\n");
    tree_.write(".holdfast/build/journal.jsonl",
                R"({"v":1,"type":"step","kind":"compile","output":"a.o","at":999})"
                "\n");
  }

  void write(const std::string& name, const std::string& text) const {
    tree_.write(".holdfast/runs/7-x/" + name, text);
  }

  // What the bundle could not have is in `left_out`.
  Result<std::string> archive(LeftOut& left_out) const {
    HOLDFAST_TRY(const RunEntry run, find_run(tree_.path(), "7-x"));
    HOLDFAST_TRY(const LoadedReport loaded, load_whole_report(run, RunState::over));
    const std::vector<BundledText> beside{{bundle_names::k_machine, "of the machine\n"}};
    std::string bytes;
    const auto take = [&](std::string_view piece) {
      bytes += piece;
      return true;
    };
    if (journal_is_gone_) std::filesystem::remove(run.journal);
    HOLDFAST_DO(
        write_bundle({run, RunState::over, loaded, beside, "tar", k_program}, take, left_out));
    return bytes;
  }

  Result<LoadedReport> read(const std::string& archive) const {
    return read_bundle(k_program, tree_.write("a.tar", archive).string());
  }

  ScratchDirectory tree_;
  bool journal_is_gone_ = false;
};

TEST_F(BundledRun, IsReadBackWithItsStepsAndOutputs) {
  LeftOut left_out;
  const Result<std::string> packed = archive(left_out);
  ASSERT_TRUE(packed) << packed.error().message;
  EXPECT_EQ(left_out.count(), 0U);
  EXPECT_THAT(*packed, testing::Not(HasSubstr("left-out.txt")));
  EXPECT_THAT(*packed, HasSubstr("of the machine\n"));
  const Result<LoadedReport> loaded = read(*packed);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const RunReport& report = loaded->report;
  EXPECT_EQ(report.run.id, "7-x");
  EXPECT_TRUE(report.run.complete);
  ASSERT_EQ(report.steps.size(), 1U);
  EXPECT_EQ(report.steps[0].output, "a.o");
  EXPECT_EQ(loaded->outputs->of(report.tests.at(0).attempts.at(0)), "of the first attempt\n");
}

TEST_F(BundledRun, HasTheLogsOfTheRunForPeople) {
  for (const char* name : {"holdfast.log", "holdfast.log.1", "holdfast.log.2"})
    write(name, "lines of " + std::string(name) + "\n");
  LeftOut left_out;
  const Result<std::string> packed = archive(left_out);
  ASSERT_TRUE(packed) << packed.error().message;
  for (const char* name : {"holdfast.log", "holdfast.log.1", "holdfast.log.2"}) {
    EXPECT_THAT(*packed, HasSubstr("run/" + std::string(name)));
    EXPECT_THAT(*packed, HasSubstr("lines of " + std::string(name) + "\n"));
  }
}

TEST_F(BundledRun, SaysWhatItDoesNotHave) {
  std::filesystem::create_symlink("7-x.1.log",
                                  tree_.path() / ".holdfast/runs/7-x/output/7-x.2.log");
  LeftOut left_out;
  const Result<std::string> packed = archive(left_out);
  ASSERT_TRUE(packed) << packed.error().message;
  EXPECT_EQ(left_out.count(), 1U);
  EXPECT_THAT(*packed, HasSubstr("left-out.txt"));
  EXPECT_THAT(*packed, HasSubstr("output/7-x.2.log: a link\n"));
}

TEST_F(BundledRun, IsNoneWithoutItsJournal) {
  journal_is_gone_ = true;
  LeftOut left_out;
  const Result<std::string> packed = archive(left_out);
  ASSERT_FALSE(packed);
  EXPECT_THAT(packed.error().message, HasSubstr("journal.jsonl"));
}

TEST_F(BundledRun, IsRefusedIfItsFilesAreNotThoseThatWerePacked) {
  LeftOut left_out;
  Result<std::string> packed = archive(left_out);
  ASSERT_TRUE(packed) << packed.error().message;
  const std::size_t at = packed->find("of the first attempt");
  ASSERT_NE(at, std::string::npos);
  (*packed)[at] = 'O';
  const Result<LoadedReport> loaded = read(*packed);
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr(": damaged: "));
}

TEST(Packing, AnOutputWhosePieceIsNotThereHasANote) {
  std::string archive;
  Packing packing = packing_of(20 * k_mib, archive);
  ASSERT_TRUE(packing.add("printed.jsonl",
                          R"({"log":"/b/LastTest.log","offset":1,"piece":7,"from":0,"size":3})"
                          "\n"
                          R"({"log":"/b/LastTest.log","offset":2,"piece":7,"from":0,"size":0})"
                          "\n"));
  ASSERT_TRUE(packing.finish(k_program, "tar"));
  Result<BundledFiles> files = files_in(archive);
  ASSERT_TRUE(files) << files.error().message;
  const std::unique_ptr<Outputs> outputs = outputs_in(std::move(*files));
  TestReport test;
  test.attempts.emplace_back();
  test.output_place = OutputPlace{"/b/LastTest.log", 1, 3};
  EXPECT_EQ(outputs->of(test).note, "the bundle does not have it");
  test.output_place->offset = 2;  // it printed nothing
  EXPECT_EQ(outputs->of(test).note, "");
  test.output_place->offset = 3;  // no log of this machine is the run's
  EXPECT_NE(outputs->of(test).note, "");
}

}  // namespace
}  // namespace holdfast
