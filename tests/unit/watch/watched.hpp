// A run that is watched, and what happens in it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "watch/watch_state.hpp"

namespace holdfast::cli {

inline constexpr Screen k_screen{60, 24, Colour::none};

inline AttemptStarted begun(const std::string& test, const std::string& attempt, double at,
                            std::int64_t n = 1) {
  AttemptStarted record;
  record.at = at;
  record.test = record.key = test;
  record.attempt = attempt;
  record.n = n;
  record.launcher = {77, 1};
  return record;
}

inline AttemptEnded ended(const std::string& test, const std::string& attempt, Outcome outcome,
                          int exit_code, std::int64_t n = 1) {
  AttemptEnded record;
  record.at = 5;
  record.test = record.key = test;
  record.attempt = attempt;
  record.outcome = outcome;
  record.exit_code = exit_code;
  record.wall_s = 2;
  record.n = n;
  return record;
}

inline LoggedEnd logged(const std::string& test, std::uint32_t index, Verdict result,
                        const std::string& headline = "") {
  LoggedEnd end;
  end.entry.name = test;
  end.entry.index = index;
  end.entry.started = end.entry.launched = true;
  end.entry.result = result;
  end.entry.total = 3;
  end.headline = headline;
  return end;
}

inline ServiceRecord service(const std::string& event, std::int64_t instance = 0) {
  ServiceRecord record;
  record.at = 4;
  record.event = event;
  record.service = "db";
  record.instance = instance;
  record.generation = 2;
  return record;
}

class WatchTest : public testing::Test {
 protected:
  void SetUp() override {
    RunStarted run;
    run.at = 1;
    run.run = "12-x";
    run.tree = "/tree";
    run.command = {"ctest", "-j2"};
    state_.take(run, 0);
  }

  // All lines for people since the last call.
  std::string lines(Lines which = Lines::all, Colour colour = Colour::none) {
    std::string text;
    for (const WatchEvent& event : state_.take_events()) {
      text += event_line(event, state_.counts(), which, colour);
    }
    return text;
  }

  std::string json() {
    std::string text;
    for (const WatchEvent& event : state_.take_events()) {
      text += event_json(event, state_.counts(), 1.5);
    }
    return text;
  }

  WatchState state_;
};

}  // namespace holdfast::cli
