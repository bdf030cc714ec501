// A batch told what befalls it, and what it does, in words.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "batches/batch.hpp"

namespace holdfast {

using Event = BatchEvent;
using Action = BatchAction;

inline Event simple(Event::Kind kind) { return {kind}; }
inline Event began(const char* name) { return {Event::Kind::case_began, name}; }
inline Event ended(const char* name, CaseEnd said) { return {Event::Kind::case_ended, name, said}; }
inline Event announced(std::uint64_t count) {
  return {Event::Kind::announced, "", CaseEnd::passed, count};
}
inline Event listed(std::vector<std::string> cases) {
  Event event = simple(Event::Kind::listed);
  event.cases = std::move(cases);
  return event;
}
inline Event gone(ProcessEnd main, EndedBy by = EndedBy::itself, bool marker = false) {
  Event event = simple(Event::Kind::worker_ended);
  event.end = {main, by, marker};
  return event;
}
inline ProcessEnd exited(int number) { return {ProcessEnd::Kind::exited, number}; }
inline ProcessEnd signalled(int number) { return {ProcessEnd::Kind::signalled, number}; }

// What the actions say, in words.
class Story {
 public:
  explicit Story(Isolation isolation, const Framework& framework = googletest(),
                 Telling telling = Telling::beginnings, Batch::Extent extent = Batch::Extent::whole)
      : batch(isolation, framework, telling, extent) {}

  std::string tell(const Event& event) {
    std::string text;
    for (const Action& action : batch.happened(event)) {
      text += (text.empty() ? "" : "; ") + words(action);
    }
    return text;
  }
  // A case that is begun and comes to its end.
  std::string pass(const char* name, CaseEnd said = CaseEnd::passed) {
    EXPECT_EQ(tell(began(name)), "");
    return tell(ended(name, said));
  }

  Batch batch;
  std::string selection;  // of the worker started last
  std::string line;       // the last one that people are told

 private:
  std::string words(const Action& action) {
    switch (action.kind) {
      case Action::Kind::list:
        return "list";
      case Action::Kind::run_all:
        return "run all";
      case Action::Kind::run_cases: {
        std::string text = "run";
        for (const std::string& name : action.cases) text += " " + name;
        selection = action.selection;
        return text;
      }
      case Action::Kind::serve:
        return "serve";
      case Action::Kind::record: {
        const CaseResult& result = batch.results()[action.result];
        return result.name + " " + std::string(name_of(result.outcome)) + " in " +
               std::to_string(result.worker);
      }
      case Action::Kind::say:
        line = action.text;
        return "say";
      case Action::Kind::end:
        return "end";
    }
    return "?";
  }
};

}  // namespace holdfast
