#include "base/packed_file.hpp"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

TEST(BundleNames, WhatAReportIsMadeFrom) {
  for (const std::string_view path :
       {"bundle.json", "steps.jsonl", "printed.jsonl", "printed/1", "run/journal.jsonl",
        "run/output/ctest.log", "run/output/x.1.log", "run/services/db-1.log", "run/output/...",
        "run/output/%2e"}) {
    EXPECT_TRUE(is_of_report(path)) << path;
  }
}

TEST(BundleNames, EverythingElseIsIgnored) {
  for (const std::string_view path : {"",
                                      ".",
                                      "..",
                                      "/",
                                      "run",
                                      "run/",
                                      "run/output",
                                      "run/output/",
                                      "run/output/.",
                                      "run/output/..",
                                      "run/output/a/b",
                                      "run/output/../journal.jsonl",
                                      "run//journal.jsonl",
                                      "/run/journal.jsonl",
                                      "./run/journal.jsonl",
                                      "../run/journal.jsonl",
                                      "run/journal.jsonl/",
                                      "run/scratch/1/file",
                                      "printed/",
                                      "printed/..",
                                      "printed/a/b",
                                      "holdfast.toml",
                                      "machine.json",
                                      "left-out.txt",
                                      "run/output/a\nb",
                                      "bundle.json\n"}) {
    EXPECT_FALSE(is_of_report(path)) << path;
  }
  EXPECT_FALSE(is_of_report(std::string_view("run/output/a\0b", 14)));
  EXPECT_FALSE(is_of_report("run/output/" + std::string(5000, 'x')));
}

}  // namespace
}  // namespace holdfast
