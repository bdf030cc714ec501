#include "report/bundle/bundled_files.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Manifest, IsReadBack) {
  const Manifest made{"0.1.0", "12-x", RunState::going_on, false, "0123"};
  const Result<Manifest> read = parse_manifest(text_of(made));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->version, "0.1.0");
  EXPECT_EQ(read->run, "12-x");
  EXPECT_EQ(read->state, RunState::going_on);
  EXPECT_FALSE(read->complete);
  EXPECT_EQ(read->sum, "0123");
}

TEST(Manifest, NeedsNothingButAFormat) {
  const Result<Manifest> read = parse_manifest(R"({"format":1,"run":7,"state":"odd","news":[]})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->run, "");
  EXPECT_EQ(read->state, RunState::over);
}

TEST(Manifest, ANewerFormatIsRefusedWithItsVersion) {
  const Result<Manifest> read = parse_manifest(R"({"format":2,"holdfast":"7.1"})");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "it has format 2 (of Holdfast 7.1): expected 1 to 1");
}

TEST(Manifest, WhatIsNoneIsRefused) {
  for (const std::string_view text :
       {"", "{", "[]", "7", "null", "{}", R"({"format":"1"})", R"({"format":1.5})",
        R"({"format":null})", R"({"format":0})", R"({"format":-1})", "\xff\xfe",
        R"({"format":99999999999999999999})"}) {
    EXPECT_FALSE(parse_manifest(text)) << text;
  }
}

}  // namespace
}  // namespace holdfast
