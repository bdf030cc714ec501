// The life of one instance of a service: (state, event) -> (state, actions). Pure: no process, no
// clock. The keeper turns what its host says into events, and carries out the actions.
//
//   absent ── wanted ──> starting ── became_ready ──> ready ── found_unhealthy ──> draining
//     ^                      │                          │                             │
//     │                      └─ died, ended ─> failed   ├─ died                       │ unused
//     └───────────── ended ───────────── stopping <─────┴─────────────────────────────┘
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/words.hpp"

namespace holdfast {

enum class ServiceState : std::uint8_t {
  absent,    // no process of it is there; it is started when it is wanted
  starting,  // its host is there, and it has not answered yet
  ready,     // it answered, and its init command has run
  draining,  // nobody else gets it; those who use it may finish
  stopping,  // its process tree is being ended
  failed,    // it is not started again
};

constexpr std::array<std::string_view, 6> words_of(ServiceState) {
  return {"absent", "starting", "ready", "draining", "stopping", "failed"};
}

struct ServiceLife {
  ServiceState state = ServiceState::absent;
  unsigned generation = 0;  // the present or the last one; 0: there was none
  // Generations that came to a bad end one after the other, none of which served a test well.
  unsigned restarts = 0;
  bool is_dismissed = false;  // it was told to stop, so it is not started again
  bool is_whole = false;      // the generation was ready, and no loss of it was noted

  friend bool operator==(const ServiceLife&, const ServiceLife&) = default;
};

struct ServiceEvent {
  enum class Kind : std::uint8_t {
    wanted,           // a test waits for it
    became_ready,     // it answered for the first time, and init has run
    found_unhealthy,  // it is alive and does not answer as it should; in `starting`: people have
                      // kept it since before the run
    died,             // its main process has ended, or could not be started
    ended,            // its host is gone, and so is its process tree
    unused,           // the last use of it has ended
    served,           // a use has ended, and it is still alive
    renew,            // a new generation is wanted
    told_to_stop,     // the run ends
  };
  Kind kind;
  unsigned users = 0;     // how many tests are using this generation
  unsigned suspects = 0;  // how many tests may have broken it: the users, and some that are over
};

enum class ServiceAction : std::uint8_t {
  start,        // a new generation
  stop,         // its process tree is to be ended
  take_stacks,  // of its process tree, before it is ended
  note_death,   // the generation was lost, which is to be recorded
};

struct ServiceStep {
  ServiceLife life;
  std::vector<ServiceAction> actions;
};

// `max_restarts`: how many restarts in a row are allowed. A generation that was lost with one
// suspect does not count: that test is to blame.
ServiceStep next_step(const ServiceLife& life, const ServiceEvent& event, unsigned max_restarts);

}  // namespace holdfast
