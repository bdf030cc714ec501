// Short words for the tables of supervision.
#pragma once

#include <cstdint>
#include <string>

#include "attempt/supervision.hpp"

namespace holdfast {

using Event = SupervisionEvent;
using Action = SupervisionAction;

inline Event by_kill(int signal) {
  return {Event::Kind::signal_received, signal, SignalSource::process, Milliseconds{0}};
}

inline Event by_terminal(int signal) {
  return {Event::Kind::signal_received, signal, SignalSource::terminal, Milliseconds{0}};
}

// A signal from a process of the tree, to its group or to us.
inline Event by_tree(int signal) {
  return {Event::Kind::signal_received, signal, SignalSource::tree, Milliseconds{0}};
}

inline Event at(std::int64_t ms, Event event) {
  event.at = Milliseconds{ms};
  return event;
}

inline std::string name_of(Stage stage) {
  switch (stage) {
    case Stage::running:
      return "running";
    case Stage::looking:
      return "looking";
    case Stage::settling:
      return "settling";
    case Stage::ending:
      return "ending";
    case Stage::killing:
      return "killing";
    case Stage::ended:
      return "ended";
  }
  return "?";
}

inline std::string name_of(Action::Kind kind) {
  switch (kind) {
    case Action::Kind::forward_signal:
      return "forward_signal";
    case Action::Kind::take_stacks:
      return "take_stacks";
    case Action::Kind::end_tree:
      return "end_tree";
    case Action::Kind::end_tree_beyond_group:
      return "end_tree_beyond_group";
    case Action::Kind::kill_tree:
      return "kill_tree";
    case Action::Kind::end_tree_here:
      return "end_tree_here";
    case Action::Kind::stop_self:
      return "stop_self";
  }
  return "?";
}

// "end_tree 15, stop_self 20"
inline std::string text_of(const std::vector<Action>& actions) {
  std::string text;
  for (const Action& action : actions) {
    if (!text.empty()) text += ", ";
    text += name_of(action.kind) + " " + std::to_string(action.signal);
  }
  return text;
}

}  // namespace holdfast
