#include "values/marker.hpp"

#include <gtest/gtest.h>

#include <random>

namespace holdfast {
namespace {

const Marker k_marker{"run-1.7", {4711, 99887766}, "the server is gone"};

MarkerOwner owner() { return {"run-1.7", 4711, 99887765, 99887767}; }

std::string why(const std::string& bytes) {
  const Result<Marker> parsed = parse_marker(bytes);
  return parsed ? "" : parsed.error().message;
}

JudgedMarkers judged(const Marker& marker, const MarkerOwner& by) {
  return judge_markers({{marker_file_name(marker.process.pid), marker_text(marker)}}, by);
}

TEST(Marker, ReadsAsItWasWritten) {
  for (const std::string& reason :
       {std::string(), std::string("plain"), std::string("two\nlines\tand\\a\x7f\x01"),
        std::string("\xff\xfe not utf-8"), std::string(1, '\0'), std::string("end")}) {
    Marker marker = k_marker;
    marker.reason = reason;
    const Result<Marker> read = parse_marker(marker_text(marker));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, marker);
  }
}

TEST(Marker, IsWhatThePageSays) {
  EXPECT_EQ(marker_text(k_marker),
            "holdfast-marker 1\nattempt run-1.7\npid 4711\nstart 99887766\n"
            "reason the server is gone\nend\n");
  EXPECT_EQ(marker_file_name(4711), "exit-4711");
}

TEST(Marker, AReasonOfAnyLengthIsCutToFit) {
  for (const char byte : {'x', '\n', '\\'}) {
    Marker marker = k_marker;
    marker.reason = std::string(10000, byte);
    const std::string text = marker_text(marker);
    EXPECT_LE(text.size(), k_longest_marker);
    EXPECT_GT(text.size(), k_longest_marker - 4);
    EXPECT_TRUE(parse_marker(text));
  }
}

TEST(Marker, OfAnAttemptWhoseNameIsTooLongIsNone) {
  Marker marker = k_marker;
  marker.attempt = std::string(100'000, 'a');
  EXPECT_EQ(why(marker_text(marker)), "is longer than a marker may be");
}

TEST(Marker, CutOffAtAnyByteItIsNone) {
  const std::string text = marker_text(k_marker);
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_EQ(why(text.substr(0, length)), "is cut off") << length;
  }
}

TEST(Marker, FieldsMayBeAdded) {
  const Result<Marker> read = parse_marker(
      "holdfast-marker 1\nthread 3\nreason x\nstart 5\npid 2\nattempt a\nother\nend\n");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (Marker{"a", {2, 5}, "x"}));
}

TEST(Marker, WhatIsNotOneIsSaid) {
  const std::string good = marker_text(k_marker);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  const struct {
    std::string bytes;
    const char* why;
  } rows[] = {
      {"nonsense", "is not a marker"},
      {std::string(4095, '\0'), "is not a marker"},
      {"exit\n", "is not a marker"},
      {with("marker 1", "marker 2"), "is of a version that this Holdfast does not know"},
      {with("marker 1", "marker 10"), "is of a version that this Holdfast does not know"},
      {with("marker 1", "marker "), "is of a version that this Holdfast does not know"},
      {good + "x", "is cut off"},
      {good + "end\n", "goes on after its end"},
      {good + good, "goes on after its end"},
      {with("pid 4711", "pid 0"), "has not all that a marker needs"},
      {with("pid 4711", "pid -1"), "has not all that a marker needs"},
      {with("pid 4711", "pid 4711 "), "has a line that is not understood"},
      {with("pid 4711", "pid 99999999999"), "has a line that is not understood"},
      {with("pid 4711", "pid 1\npid 4711"), "has a line that is not understood"},
      {with("start 99887766", "start"), "has a line that is not understood"},
      {with("attempt run-1.7\n", ""), "has not all that a marker needs"},
      {with("pid 4711\n", ""), "has not all that a marker needs"},
      {with("start 99887766\n", ""), "has not all that a marker needs"},
      {with("reason the server is gone\n", ""), "has not all that a marker needs"},
      {with("attempt run-1.7", "attempt"), "has a line that is not understood"},
      {with("attempt run-1.7", std::string("attempt a\0b", 11)),
       "has a line that is not understood"},
      {with("the server", "\\"), "has a line that is not understood"},
      {with("the server", "\\x1"), "has a line that is not understood"},
      {with("the server", "\\xZZ"), "has a line that is not understood"},
      {with("the server", "\t"), "has a line that is not understood"},
      {std::string(k_longest_marker + 1, 'x'), "is longer than a marker may be"},
  };
  for (const auto& row : rows) EXPECT_EQ(why(row.bytes), row.why) << row.bytes;
}

TEST(Marker, AnyBytesAreReadToAnEnd) {
  std::mt19937 random(5);
  const std::string good = marker_text(k_marker);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = good;
    for (unsigned changes = random() % 4 + 1; changes > 0; --changes) {
      const std::size_t at = random() % bytes.size();
      if (random() % 2 == 0) {
        bytes[at] = static_cast<char>(random());
      } else {
        bytes.erase(at, random() % 8);
        if (bytes.empty()) bytes = "h";
      }
    }
    const Result<Marker> read = parse_marker(bytes);
    if (read) {
      EXPECT_TRUE(parse_marker(marker_text(*read)));
    }
  }
}

TEST(JudgedMarkers, OnlyTheOwnersCounts) {
  const JudgedMarkers own = judged(k_marker, owner());
  EXPECT_EQ(own.reason, "the server is gone");
  EXPECT_TRUE(own.orphans.empty());
}

TEST(JudgedMarkers, AnybodyElsesIsAnOrphan) {
  MarkerOwner other_attempt = owner();
  other_attempt.attempt = "run-1.8";
  MarkerOwner other_process = owner();
  other_process.pid = 4712;
  MarkerOwner earlier = owner();
  earlier.earliest_start = earlier.latest_start = 99887765;
  MarkerOwner later = owner();
  later.earliest_start = later.latest_start = 99887767;
  MarkerOwner unknown = owner();
  unknown.pid = 0;
  const struct {
    MarkerOwner by;
    const char* why;
  } rows[] = {
      {other_attempt, "is of another attempt"},
      {other_process, "is of process 4711, which is not the test's main process"},
      {earlier, "is of process 4711, but not of the one that was the test's main process"},
      {later, "is of process 4711, but not of the one that was the test's main process"},
      {unknown, "is of process 4711, and the test's main process is not known"},
  };
  for (const auto& row : rows) {
    const JudgedMarkers found = judged(k_marker, row.by);
    EXPECT_FALSE(found.reason);
    EXPECT_EQ(found.orphans, (std::vector<OrphanMarker>{{"exit-4711", row.why}}));
  }
}

TEST(JudgedMarkers, ManyFilesAreJudgedOneByOne) {
  const std::string good = marker_text(k_marker);
  const JudgedMarkers found = judge_markers({{"exit-4711", good},
                                             {"exit-4712", good},
                                             {"notes", std::string("x")},
                                             {"exit-1", ErrorInWords{"is not a regular file"}}},
                                            owner());
  EXPECT_EQ(found.reason, "the server is gone");
  EXPECT_EQ(found.orphans,
            (std::vector<OrphanMarker>{{"exit-4712", "has a name that is not its process's"},
                                       {"notes", "is not a marker"},
                                       {"exit-1", "is not a regular file"}}));
}

}  // namespace
}  // namespace holdfast
