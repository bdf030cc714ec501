#include "watch/watched.hpp"

namespace holdfast::cli {
namespace {

class ProgressBlock : public WatchTest {};

TEST_F(ProgressBlock, TheBlockSaysWhoRunsWhoWaitsAndHowMuchIsLeft) {
  state_.take(ended("z", "r.0", Outcome::failed, 1), 0);
  state_.take(logged("z", 1, Verdict::failed), 1);
  state_.take(begun("a", "r.1", 2), 0);
  state_.take(begun("b", "r.2", 10), 0);
  state_.set_wait("r.2", {.of = {wire::WaitFor::lock, "db@project"}, .holder = "a"}, 3);
  ServiceRecord service;
  service.event = "started";
  service.service = "db";
  state_.take(service, 1);
  EXPECT_EQ(progress_block(state_, 12, 95, k_screen),
            "run 12-x of /tree for 11.0 s\n"
            "[======             ] 1 of 3: 1 failed, about 1 min 35 s le\n"
            "  a  10.0 s\n"
            "  b  2.00 s  waits for lock db@project, held by \"a\"\n"
            "  services: db starting\n");
  service.event = "ready";
  state_.take(service, 1);
  const std::string red = progress_block(state_, 12, std::nullopt, {80, 24, Colour::ansi});
  EXPECT_NE(red.find("\x1b[31m[========                  ] 1 of 3: 1 failed\x1b[0m\n"),
            std::string::npos)
      << red;
}

TEST_F(ProgressBlock, TheBlockFitsTheWindow) {
  for (int i = 0; i < 50; ++i) {
    state_.take(begun("test \xC3\xBC number " + std::to_string(i), "r." + std::to_string(i), 2), 0);
  }
  for (const std::size_t width : {4U, 20U, 33U, 500U}) {
    for (const std::size_t height : {3U, 8U, 100U}) {
      const std::string block = progress_block(state_, 12, 5, {width, height, Colour::none});
      std::size_t count = 0;
      for (std::size_t at = 0, end = 0; (end = block.find('\n', at)) != std::string::npos;
           at = end + 1, ++count) {
        EXPECT_EQ(cut_to(block.substr(at, end - at), width - 1), block.substr(at, end - at));
      }
      EXPECT_LT(count, height);
    }
  }
}

TEST_F(ProgressBlock, OfManyRunningTestsTheOthersAreCounted) {
  for (int i = 0; i < 12; ++i) {
    state_.take(begun("t" + std::to_string(i), "r." + std::to_string(i), 10), 0);
  }
  const std::string block = progress_block(state_, 12, {}, {80, 24, Colour::none});
  EXPECT_TRUE(block.ends_with("\n  t9  2.00 s\n  and 2 more\n")) << block;
  const std::string low = progress_block(state_, 12, {}, {80, 8, Colour::none});
  EXPECT_TRUE(low.ends_with("\n  t2  2.00 s\n  and 9 more\n")) << low;
}

TEST_F(ProgressBlock, ANarrowWindowHasNoBar) {
  state_.take(logged("a", 1, Verdict::passed), 1);
  const std::string block = progress_block(state_, 12, {}, {8, 24, Colour::none});
  EXPECT_NE(block.find("\n1 of 3:\n"), std::string::npos) << block;
}

TEST_F(ProgressBlock, OfARunWhoseBeginIsNotKnownHasNoTime) {
  const std::string block = progress_block(WatchState(), 12, {}, k_screen);
  EXPECT_EQ(block.find(" for "), std::string::npos) << block;
}

TEST_F(ProgressBlock, WhileNobodyKnowsHowManyTestsThereAreTheBlockSaysHowManyAreDone) {
  EXPECT_NE(progress_block(state_, 12, {}, k_screen).find("\n0 done\n"), std::string::npos);
  state_.take(ended("a", "r.1", Outcome::passed, 0), 1);
  state_.settle(2);
  const std::string block = progress_block(state_, 12, {}, k_screen);
  EXPECT_NE(block.find("\n1 done: 1 passed\n"), std::string::npos) << block;
}

TEST_F(ProgressBlock, ServicesAreInTheOrderOfTheirNames) {
  for (const char* name : {"web", "db", "mail", "auth"}) {
    ServiceRecord started = service("started");
    started.service = name;
    state_.take(started, 1);
  }
  const std::string block = progress_block(state_, 12, {}, {80, 24, Colour::none});
  EXPECT_NE(block.find("  services: auth starting, db starting, mail starting and 1 more\n"),
            std::string::npos)
      << block;
}

}  // namespace
}  // namespace holdfast::cli
