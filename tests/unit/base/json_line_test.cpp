#include "base/json_line.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include <nlohmann/json.hpp>

#include "base/random_text.hpp"

namespace holdfast {
namespace {

using nlohmann::json;

#define BAD "\xEF\xBF\xBD"

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonLine, ARecordBeginsWithVersionTypeAndTimeAndEndsTheLine) {
  EXPECT_EQ(JsonLine("verdict", 1795163653120).finish(),
            "{\"v\":1,\"type\":\"verdict\",\"at\":1795163653.120000}\n");
}

TEST(JsonLine, FieldsStandInTheOrderInWhichTheyWereAdded) {
  JsonLine line("t", 0);
  line.text("a", "x\"y").number("b", -3).seconds("c", 51'000).raw("d", "[1]");
  EXPECT_EQ(std::move(line).finish(),
            "{\"v\":1,\"type\":\"t\",\"at\":0.000000,\"a\":\"x\\\"y\",\"b\":-3,\"c\":0.051000,"
            "\"d\":[1]}\n");
}

TEST(JsonLine, AKeyMayBeLong) {
  const std::string key(200, 'k');
  JsonLine line("t", 0);
  line.number(key, 1).number("n", 2);
  EXPECT_EQ(std::move(line).finish(),
            R"({"v":1,"type":"t","at":0.000000,")" + key + "\":1,\"n\":2}\n");
}

TEST(JsonLine, ListsAndObjects) {
  JsonLine line("t", 0);
  line.begin_list("l").begin_object().text("a", "x\"").number("b", 1).end_object();
  line.begin_object().text("a", "y").end_object().end_list().begin_list("none").end_list();
  line.begin_list("texts").item("x\"").item("[").item("").end_list();
  line.begin_object("o").number("b", 1).begin_object("none").end_object().end_object();
  EXPECT_EQ(std::move(line).finish(),
            "{\"v\":1,\"type\":\"t\",\"at\":0.000000,\"l\":[{\"a\":\"x\\\"\",\"b\":1},"
            "{\"a\":\"y\"}],\"none\":[],\"texts\":[\"x\\\"\",\"[\",\"\"],"
            "\"o\":{\"b\":1,\"none\":{}}}\n");
}

TEST(JsonLine, SecondsHaveSixDecimalsAndAreNeverNegative) {
  const struct {
    std::int64_t microseconds;
    const char* text;
  } rows[] = {{0, "0.000000"},           {1, "0.000001"},
              {999'999, "0.999999"},     {1'000'000, "1.000000"},
              {61'000'050, "61.000050"}, {-1, "0.000000"},
              {INT64_MIN, "0.000000"},   {INT64_MAX, "9223372036854.775807"}};
  for (const auto& row : rows) {
    JsonLine line("t", 0);
    line.seconds("s", row.microseconds);
    const std::string record = R"({"v":1,"type":"t","at":0.000000,"s":)" + std::string(row.text);
    EXPECT_EQ(std::move(line).finish(), record + "}\n");
  }
}

TEST(JsonLine, WhatIsNotUtf8BecomesTheReplacementCharacterByteByByte) {
  const struct {
    std::string_view bytes;
    std::string_view text;
  } rows[] = {
      {"", "\"\""},
      {"a\"b\\c/", "\"a\\\"b\\\\c/\""},
      {"\n\t\r\x01\x1f\x7f", "\"\\n\\t\\u000d\\u0001\\u001f\x7f\""},
      {std::string_view("\0", 1), "\"\\u0000\""},
      {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""},
      {"\xFF"
       "a",
       "\"" BAD "a\""},
      {"\xC3", "\"" BAD "\""},
      {"\xC3\"", "\"" BAD "\\\"\""},
      {"\xE2\x82", "\"" BAD BAD "\""},
      {"\xC0\xAF", "\"" BAD BAD "\""},
      {"\xE0\x80\x80", "\"" BAD BAD BAD "\""},
      {"\xED\xA0\x80", "\"" BAD BAD BAD "\""},
      {"\xF4\x90\x80\x80", "\"" BAD BAD BAD BAD "\""},
      {"\xF5\x80\x80\x80", "\"" BAD BAD BAD BAD "\""},
      {"\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF", "\"\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\""},
  };
  for (const auto& row : rows) EXPECT_EQ(json_string(row.bytes), row.text);
}

TEST(JsonLine, AnyBytesMakeALineThatAJsonLibraryReadsBack) {
  RandomText random(6);
  for (int i = 0; i < 20'000; ++i) {
    const std::string bytes =
        i % 2 == 0 ? random.bytes(24)
                   : random.of("\"\\\n\xC3\xA9\xE2\x82\xAC\xED\xA0\xF0\x90\x80u0", 12);
    JsonLine line("t", 1);
    line.text("x", bytes);
    const std::string text = std::move(line).finish();
    ASSERT_EQ(text.find('\n'), text.size() - 1);
    const json read = json::parse(text, nullptr, false);
    ASSERT_FALSE(read.is_discarded()) << text;
    ASSERT_EQ(read.at("v"), 1);
    const std::string back = read.at("x");
    if (back.find(BAD) == std::string::npos) {
      EXPECT_EQ(back, bytes);
    }
    // A text that was made valid stays as it is.
    EXPECT_EQ(json::parse(json_string(back)).get<std::string>(), back);
  }
}

}  // namespace
}  // namespace holdfast
