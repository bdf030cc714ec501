#include "journal/run_directory.hpp"

#include "journal/records.hpp"
#include "journal/scratch_directory.hpp"
#include "os/process/process.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <thread>

namespace holdfast {
namespace {

namespace fs = std::filesystem;

void add_run(const ScratchDirectory& tree, const std::string& id, double at) {
  tree.write(".holdfast/runs/" + id + "/journal.jsonl",
             line_of(RunStarted{at, id, tree.path().string(), "", "", {}, {}}));
}

TEST(RunDirectory, RunsAreListedNewestFirstByTheTimeTheyRecorded) {
  const ScratchDirectory tree;
  add_run(tree, "b", 200);
  add_run(tree, "a", 300);
  add_run(tree, "c", 100);
  fs::create_directories(tree.path() / ".holdfast/runs/without-journal");
  tree.write(".holdfast/runs/a-file", "x");
  fs::create_directory_symlink(tree.path() / ".holdfast/runs/a",
                               tree.path() / ".holdfast/runs/link");
  const std::vector<RunEntry> runs = list_runs(tree.path());
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_EQ(runs[0].id, "a");
  EXPECT_EQ(runs[1].id, "b");
  EXPECT_EQ(runs[2].id, "c");
}

TEST(RunDirectory, TheLatestIsNoneThatATestOfAnotherStartedButForThatTest) {
  const ScratchDirectory tree;
  const auto add = [&](const std::string& id, const std::string& inside) {
    RunStarted started{1, id, tree.path().string()};
    started.inside = inside;
    tree.write(".holdfast/runs/" + id + "/journal.jsonl", line_of(started));
  };
  add("7-20261120-100000-1", "");
  add("8-20261120-100001-2", "7-20261120-100000-1");
  add("9-20261120-100002-3", "8-20261120-100001-2");
  EXPECT_EQ(find_run(tree.path(), "latest")->id, "7-20261120-100000-1");
  EXPECT_EQ(find_run(tree.path(), "", "8-20261120-100001-2")->id, "9-20261120-100002-3");
  EXPECT_EQ(find_run(tree.path(), "9")->id, "9-20261120-100002-3");
  // Of another tree, or gone.
  add("10-20261120-100003-4", "3-20261120-090000-1");
  EXPECT_EQ(find_run(tree.path(), "latest")->id, "10-20261120-100003-4");
  // Whatever a journal says.
  add("11-20261120-100004-5", "11-20261120-100004-5");
  EXPECT_EQ(find_run(tree.path(), "latest")->id, "11-20261120-100004-5");
}

TEST(RunDirectory, TheOutputsOfOlderRunsMakeRoomForThoseOfLaterOnes) {
  const ScratchDirectory tree;
  for (int run = 1; run <= 4; ++run) {
    const std::string id = std::to_string(run) + "-20261120-100000-1";
    add_run(tree, id, run);
    const std::string output = ".holdfast/runs/" + id + "/output/";
    tree.write(output + "x.log", std::string(100, 'x'));
    tree.write(output + "ctest.log", std::string(1000, 'x'));
    tree.write(output + "size", "100\n");
  }
  const auto has = [&](int run, const std::string& name) {
    return fs::exists(tree.path() / ".holdfast/runs" /
                      (std::to_string(run) + "-20261120-100000-1") / "output" / name);
  };
  (void)prune_runs(tree.path(), "4-20261120-100000-1", {.outputs = 400});
  EXPECT_TRUE(has(1, "x.log"));
  (void)prune_runs(tree.path(), "4-20261120-100000-1", {.outputs = 250});
  for (int run = 1; run <= 4; ++run) {
    EXPECT_EQ(has(run, "x.log"), run > 2) << run;
    EXPECT_EQ(has(run, "dropped"), run <= 2) << run;
    EXPECT_TRUE(has(run, "ctest.log"));
  }
  // That of the run itself stays.
  (void)prune_runs(tree.path(), "4-20261120-100000-1", {.outputs = 0});
  EXPECT_TRUE(has(4, "x.log"));
  EXPECT_FALSE(has(3, "x.log"));
}

TEST(RunDirectory, TheOutputsOfARunAtWorkStay) {
  const ScratchDirectory tree;
  for (const char* const id : {"1-at-work", "2-over"}) {
    RunStarted started{1, id, tree.path().string(), os::numbering_id(), "", os::own_name(), {}};
    if (std::string_view(id) == "2-over") started.ctest.start += 1;  // nobody has this name
    tree.write(std::string(".holdfast/runs/") + id + "/journal.jsonl", line_of(started));
    tree.write(std::string(".holdfast/runs/") + id + "/output/x.log", "x");
  }
  (void)prune_runs(tree.path(), "3-begins", {.outputs = 0});
  EXPECT_TRUE(fs::exists(tree.path() / ".holdfast/runs/1-at-work/output/x.log"));
  EXPECT_FALSE(fs::exists(tree.path() / ".holdfast/runs/1-at-work/output/dropped"));
  EXPECT_FALSE(fs::exists(tree.path() / ".holdfast/runs/2-over/output/x.log"));
}

TEST(RunDirectory, AJournalWithoutAReadableStartIsDatedByItsFile) {
  const ScratchDirectory tree;
  tree.write(".holdfast/runs/x/journal.jsonl", std::string(5U << 20U, 'x'));
  tree.write(".holdfast/runs/x1/journal.jsonl", "garbage");
  add_run(tree, "undated", 0);
  add_run(tree, "old", 100);
  const std::vector<RunEntry> runs = list_runs(tree.path());
  ASSERT_EQ(runs.size(), 4U);
  EXPECT_EQ(runs[3].id, "old");
  EXPECT_GT(started_at(runs[2]), 1e9);
  EXPECT_GT(started_at(runs[1]), 1e9);
  EXPECT_GT(started_at(runs[0]), 1e9);
}

TEST(RunDirectory, TheOrderComesFromTheNamesAndWithinASecondFromTheJournals) {
  const ScratchDirectory tree;
  add_run(tree, "20261120-100000-9", 1000.1);
  add_run(tree, "20261120-100000-1", 1000.7);
  add_run(tree, "20261120-100000-5", 1000.4);
  add_run(tree, "20261120-095959-7", 5000);  // its clock was wrong; its name is the keeper's
  add_run(tree, "20261121-000000-3-2", 2000);
  const std::vector<RunEntry> runs = list_runs(tree.path());
  std::vector<std::string> ids;
  for (const RunEntry& run : runs) ids.push_back(run.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"20261121-000000-3-2", "20261120-100000-1",
                                           "20261120-100000-5", "20261120-100000-9",
                                           "20261120-095959-7"}));
  EXPECT_EQ(started_at(*find_run(tree.path(), "latest")), 2000);
  EXPECT_EQ(started_at(*find_run(tree.path(), "20261120-095959-7")), 5000);
  add_run(tree, "by-hand", 3000);
  EXPECT_EQ(list_runs(tree.path()).front().id, "20261120-095959-7");
}

TEST(RunDirectory, NumbersPutRunsInOrderWhateverTheClockSaid) {
  const ScratchDirectory tree;
  EXPECT_EQ(next_run_number(tree.path()), 1U);
  add_run(tree, "20301231-235959-7", 9000);  // of an earlier version, whose clock was ahead
  EXPECT_EQ(next_run_number(tree.path()), 1U);
  add_run(tree, "1-20301231-100000-8", 8000);
  add_run(tree, "9-20261120-100000-9", 100);
  add_run(tree, "10-20261120-095959-3-2", 50);
  EXPECT_EQ(next_run_number(tree.path()), 11U);
  const std::vector<std::string> expected{"10-20261120-095959-3-2", "9-20261120-100000-9",
                                          "1-20301231-100000-8", "20301231-235959-7"};
  std::vector<std::string> ids;
  for (const RunEntry& run : list_runs(tree.path())) ids.push_back(run.id);
  EXPECT_EQ(ids, expected);
  EXPECT_EQ(find_run(tree.path(), "latest")->id, "10-20261120-095959-3-2");
  EXPECT_EQ(prune_runs(tree.path(), "9-20261120-100000-9", {.runs = 2}).removed, 2U);
  EXPECT_EQ(find_run(tree.path(), "latest")->id, "10-20261120-095959-3-2");
}

TEST(RunDirectory, ADateIsNoNumber) {
  EXPECT_EQ(number_of_run("12-20261130-004305-9992"), 12U);
  EXPECT_EQ(number_of_run("20261130-004305-9992"), 0U);
  EXPECT_EQ(number_of_run("12-run"), 0U);
  EXPECT_EQ(number_of_run("12x20261130-004305-9992"), 0U);
}

TEST(RunDirectory, ARunIsFoundByItsNumberAndWithoutIt) {
  const ScratchDirectory tree;
  add_run(tree, "1-20261120-100000-7", 100);
  add_run(tree, "12-20261121-100000-7", 200);
  add_run(tree, "13-20261121-100000-7-2", 300);
  const std::pair<const char*, const char*> rows[] = {
      {"1", "1-20261120-100000-7"},
      {"12", "12-20261121-100000-7"},
      {"12-2026", "12-20261121-100000-7"},
      {"20261120", "1-20261120-100000-7"},
      {"20261121-100000-7", "12-20261121-100000-7"},  // exactly, although another begins so
      {"20261121-100000-7-2", "13-20261121-100000-7-2"},
  };
  for (const auto& [wanted, id] : rows) {
    const Result<RunEntry> found = find_run(tree.path(), wanted);
    ASSERT_TRUE(found) << wanted << ": " << found.error().message;
    EXPECT_EQ(found->id, id) << wanted;
  }
  EXPECT_FALSE(find_run(tree.path(), "20261121"));
  // A number is that of a run, and not the beginning of others or of a year.
  for (const char* wanted : {"2", "3", "2026", "122"}) {
    const Result<RunEntry> none = find_run(tree.path(), wanted);
    ASSERT_FALSE(none) << wanted << ": " << none->id;
    EXPECT_NE(none.error().message.find("no such run"), std::string::npos) << none.error().message;
  }
}

TEST(RunDirectory, ARunIsFoundByLatestByIdAndByAUniqueBeginning) {
  const ScratchDirectory tree;
  add_run(tree, "20261120-1", 100);
  add_run(tree, "20261120-12", 200);
  add_run(tree, "20261121-1", 300);
  const std::pair<const char*, const char*> rows[] = {
      {"latest", "20261121-1"},       {"", "20261121-1"},
      {"20261120-1", "20261120-1"},   {"20261121", "20261121-1"},
      {"20261120-12", "20261120-12"},
  };
  for (const auto& [wanted, id] : rows) {
    const Result<RunEntry> found = find_run(tree.path(), wanted);
    ASSERT_TRUE(found) << wanted;
    EXPECT_EQ(found->id, id) << wanted;
  }
}

TEST(RunDirectory, NoPathLeadsToARunElsewhere) {
  const ScratchDirectory tree;
  add_run(tree, "1-20261120-100000-7", 100);
  const std::string journal = line_of(RunStarted{1, "2-x", tree.path().string(), "", "", {}, {}});
  tree.write(".holdfast/by-hand/2-x/journal.jsonl", journal);
  const Result<RunEntry> found = find_run(tree.path(), "../by-hand/2-x");
  ASSERT_FALSE(found) << found->directory;
  EXPECT_NE(found.error().message.find("no such run"), std::string::npos);
}

TEST(RunDirectory, WhatIsNotFoundIsSaidInOneLine) {
  const ScratchDirectory tree;
  EXPECT_NE(find_run(tree.path(), "latest").error().message.find("has none"), std::string::npos);
  add_run(tree, "aa1", 1);
  add_run(tree, "aa2", 2);
  const Result<RunEntry> ambiguous = find_run(tree.path(), "aa");
  ASSERT_FALSE(ambiguous);
  EXPECT_NE(ambiguous.error().message.find("aa2, aa1"), std::string::npos)
      << ambiguous.error().message;
  const Result<RunEntry> unknown = find_run(tree.path(), "zz");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("no such run"), std::string::npos);
  EXPECT_EQ(unknown.error().message.find('\n'), std::string::npos);
}

TEST(RunDirectory, RunsThatAreAnothersAreNotSaidToBeNone) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  const ScratchDirectory tree;
  add_run(tree, "aa1", 1);
  ASSERT_EQ(::chown((tree.path() / ".holdfast/runs").c_str(), 4711, 4711), 0);
  const Result<RunEntry> found = find_run(tree.path(), "aa1");
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("it belongs to user 4711"), std::string::npos)
      << found.error().message;
}

TEST(RunDirectory, PruningKeepsTheNewestAndTheLiveOne) {
  const ScratchDirectory tree;
  for (int i = 10; i < 40; ++i) add_run(tree, "run" + std::to_string(i), i);
  EXPECT_EQ(prune_runs(tree.path(), "run10").removed,
            10U);  // the live one happens to be the oldest
  const std::vector<RunEntry> runs = list_runs(tree.path());
  ASSERT_EQ(runs.size(), k_runs_kept);
  EXPECT_EQ(runs.front().id, "run39");
  EXPECT_EQ(runs[18].id, "run21");
  EXPECT_EQ(runs.back().id, "run10");
  EXPECT_EQ(prune_runs(tree.path(), "run10").removed, 0U);
}

// It is not one of the twenty before it has its directory.
TEST(RunDirectory, ARunThatIsNotThereYetTakesNoPlaceOfAnother) {
  const ScratchDirectory tree;
  for (int i = 10; i < 35; ++i) add_run(tree, "run" + std::to_string(i), i);
  EXPECT_EQ(prune_runs(tree.path(), "begins").removed, 5U);
  EXPECT_EQ(list_runs(tree.path()).size(), k_runs_kept);
}

// Nobody can see from here whether its ctest lives.
TEST(RunDirectory, PruningKeepsARunOfAnotherPidNamespaceUntilItsEndIsOnRecord) {
  const ScratchDirectory tree;
  const auto add = [&](const std::string& id, const std::string& boot, const std::string& more) {
    RunStarted started{1, id, tree.path().string(), boot, "", {}, {}};
    started.ctest = {1, 5};
    tree.write(".holdfast/runs/" + id + "/journal.jsonl", line_of(started) + more);
  };
  RunEnded end;
  end.run = "1-ended";
  const std::string elsewhere = os::boot_id() + "/pid:[1]";
  add("1-ended", elsewhere, line_of(end));
  add("2-goes-on", elsewhere, "");
  add("3-before-the-machine-started", "another/pid:[1]", "");
  for (int i = 10; i < 30; ++i) add_run(tree, std::to_string(i) + "-later", i);
  EXPECT_EQ(prune_runs(tree.path(), "29-later").removed, 2U);
  const std::vector<RunEntry> runs = list_runs(tree.path());
  EXPECT_TRUE(std::any_of(runs.begin(), runs.end(),
                          [](const RunEntry& run) { return run.id == "2-goes-on"; }));
}

// Keepers of runs that share a tree end at one moment.
TEST(RunDirectory, TwoThatPruneAtOnceAreInNobodysWay) {
  const ScratchDirectory tree;
  for (int round = 0; round < 10; ++round) {
    for (int run = 100; run < 160; ++run) {
      const std::string id = std::to_string(run) + "-of-" + std::to_string(round);
      add_run(tree, id, run);
      for (int i = 0; i < 5; ++i) {
        tree.write(".holdfast/runs/" + id + "/scratch/" + std::to_string(i) + "/left", "");
      }
    }
    Pruned pruned[2];
    std::thread other([&] { pruned[1] = prune_runs(tree.path(), "x"); });
    pruned[0] = prune_runs(tree.path(), "x");
    other.join();
    for (const Pruned& one : pruned) {
      ASSERT_TRUE(one.troubles.empty()) << one.troubles.front();
    }
  }
}

TEST(RunDirectory, ATreeWithoutRunsIsNoError) {
  const ScratchDirectory tree;
  EXPECT_TRUE(list_runs(tree.path()).empty());
  EXPECT_EQ(prune_runs(tree.path(), "x").removed, 0U);
}

TEST(RunDirectory, TheBuildTreeIsTheNearestOneUpward) {
  const ScratchDirectory root;
  root.write("outer/CMakeCache.txt", "");
  root.write("outer/inner/.holdfast/x", "");
  fs::create_directories(root.path() / "outer/inner/deep/deeper");
  fs::create_directories(root.path() / "outer/beside");
  EXPECT_EQ(find_build_tree(root.path() / "outer/inner/deep/deeper"), root.path() / "outer/inner");
  EXPECT_EQ(find_build_tree(root.path() / "outer/inner/"), root.path() / "outer/inner");
  EXPECT_EQ(find_build_tree(root.path() / "outer/inner/../beside"), root.path() / "outer");
  EXPECT_EQ(find_build_tree("/proc"), std::nullopt);
}

// The journal says whose the files are that tests have left.
TEST(RunDirectory, ARunWhoseFilesCannotBeRemovedKeepsItsJournalAndIsNamed) {
  const ScratchDirectory tree;
  for (int i = 1; i <= 4; ++i) add_run(tree, "run" + std::to_string(i), i);
  const std::string scratch = (tree.path() / ".holdfast/runs/run2/scratch").string();
  fs::create_directory_symlink(tree.path(), scratch);  // what is behind a link is not ours
  const Pruned pruned = prune_runs(tree.path(), "run4", {.runs = 1});
  EXPECT_EQ(pruned.removed, 2U);
  ASSERT_EQ(pruned.troubles.size(), 1U);
  EXPECT_EQ(pruned.troubles[0], "failed to remove " + scratch + ": Not a directory");
  const std::vector<RunEntry> runs = list_runs(tree.path());
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[1].id, "run2");
}

TEST(RunDirectory, WhatPeopleStartedIsListedNumberedAndPrunedApart) {
  const ScratchDirectory tree;
  add_run(tree, "7-20261120-100000-1", 100);
  add_run(tree, "8-20261120-100001-1", 200);
  for (const char* const id : {"1-20261120-100000-2", "2-20261120-100001-2"}) {
    tree.write(".holdfast/by-hand/" + std::string(id) + "/journal.jsonl",
               line_of(RunStarted{1, id, tree.path().string(), "", "", {}, {}}));
  }
  EXPECT_EQ(list_runs(tree.path()).front().id, "8-20261120-100001-1");
  EXPECT_EQ(list_runs(tree.path(), RunsOf::people).front().id, "2-20261120-100001-2");
  EXPECT_EQ(tree_of(list_runs(tree.path(), RunsOf::people).front()), tree.path());
  EXPECT_EQ(next_run_number(tree.path()), 9U);
  EXPECT_EQ(next_run_number(tree.path(), RunsOf::people), 3U);
  EXPECT_EQ(prune_runs(tree.path(), "", {.runs = 1}, RunsOf::people).removed, 1U);
  EXPECT_EQ(list_runs(tree.path()).size(), 2U);
  EXPECT_EQ(list_runs(tree.path(), RunsOf::people).size(), 1U);
}

TEST(RunDirectory, ABeginningOfManyNamesThreeOfThem) {
  const ScratchDirectory tree;
  for (int i = 1; i <= 5; ++i) add_run(tree, "aa" + std::to_string(i), i);
  EXPECT_EQ(to_text(find_run(tree.path(), "aa").error()),
            "failed to find run aa: several runs begin with that: aa5, aa4, aa3 and 2 more");
}

}  // namespace
}  // namespace holdfast
