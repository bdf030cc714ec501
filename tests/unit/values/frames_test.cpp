#include "values/srun_words.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

struct Heard {
  std::string output;
  std::string errors;
  std::vector<std::string> said;
  int started = 0;

  void take(const std::vector<FrameReader::Frame>& frames) {
    for (const FrameReader::Frame& frame : frames) {
      if (frame.channel == FarChannel::output) output += frame.bytes;
      if (frame.channel == FarChannel::errors) errors += frame.bytes;
      if (frame.channel == FarChannel::said) said.push_back(frame.bytes);
      if (frame.channel == FarChannel::started) ++started;
    }
  }
};

std::string a_conversation() {
  std::string text;
  add_frames(FarChannel::started, {}, text);
  add_frames(FarChannel::output, "a line\nand HFo00000003 inside", text);
  add_frames(FarChannel::errors, std::string(200'000, '\n'), text);
  add_frames(FarChannel::said, "a sentence", text);
  add_frames(FarChannel::output, std::string("\0HF\n", 4), text);
  return text;
}

void expect_conversation(const Heard& heard) {
  EXPECT_EQ(heard.started, 1);
  EXPECT_EQ(heard.output, "a line\nand HFo00000003 inside" + std::string("\0HF\n", 4));
  EXPECT_EQ(heard.errors, std::string(200'000, '\n'));
  EXPECT_EQ(heard.said, std::vector<std::string>{"a sentence"});
}

TEST(Frames, AreReadHoweverTheyAreCut) {
  const std::string text = a_conversation();
  for (const std::size_t part : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, text.size()}) {
    FrameReader reader;
    Heard heard;
    for (std::size_t at = 0; at < text.size(); at += part) {
      heard.take(reader.read(std::string_view(text).substr(at, part)));
    }
    expect_conversation(heard);
  }
}

TEST(Frames, WhatOthersPrintIsNotTheTests) {
  FrameReader reader;
  Heard heard;
  heard.take(reader.read("slurmstepd: error: HF is no frame\nHFzHFo0000000gH"));
  heard.take(reader.read(a_conversation()));
  expect_conversation(heard);
  heard.take(reader.read("bye\nHFo"));
  expect_conversation(heard);
}

TEST(Frames, NobodyWaitsForTheRestOfOneThatIsTooLong) {
  for (const char* head : {"HFoffffffff", "HFo00010001"}) {
    FrameReader reader;
    Heard heard;
    heard.take(reader.read(head));
    heard.take(reader.read(a_conversation()));
    expect_conversation(heard);
  }
}

TEST(Frames, OfAnUnknownChannelOrLengthThereIsNone) {
  for (const char* none : {"HFz00000001a\n", "HFo0000000xa\n"}) {
    EXPECT_TRUE(FrameReader().read(none).empty()) << none;
  }
  EXPECT_EQ(FrameReader().read("HFo00000001a\n").size(), 1U);
}

}  // namespace
}  // namespace holdfast
