#include "core/service/service_state.hpp"

#include <utility>

namespace holdfast {
namespace {

using Event = ServiceEvent::Kind;

class Step {
 public:
  Step(const ServiceLife& life, const ServiceEvent& event, unsigned max_restarts)
      : step_{life, {}}, event_(event), max_restarts_(max_restarts) {}

  ServiceStep take() {
    switch (step_.life.state) {
      case ServiceState::absent:
        absent();
        break;
      case ServiceState::starting:
        starting();
        break;
      case ServiceState::ready:
        ready();
        break;
      case ServiceState::draining:
        draining();
        break;
      case ServiceState::stopping:
        if (event_.kind == Event::told_to_stop) step_.life.is_dismissed = true;
        // A host says `died` only if the service died before the order to stop reached it.
        if (event_.kind == Event::died && step_.life.is_whole) lose();
        if (event_.kind == Event::ended) come_to_rest();
        break;
      case ServiceState::failed:
        break;
    }
    return std::move(step_);
  }

 private:
  void absent() {
    if (event_.kind == Event::wanted && !step_.life.is_dismissed) start();
    if (event_.kind == Event::told_to_stop) step_.life.is_dismissed = true;
  }

  void starting() {
    if (event_.kind == Event::became_ready) {
      step_.life.state = ServiceState::ready;
      step_.life.is_whole = true;
    }
    if (event_.kind == Event::died || event_.kind == Event::ended) {
      step_.life.state = ServiceState::failed;
    }
    // People have kept it since before the run, and the first check finds that it hangs.
    if (event_.kind == Event::found_unhealthy) lose_unwell();
    if (event_.kind == Event::told_to_stop) dismiss();
  }

  void ready() {
    if (event_.kind == Event::served) step_.life.restarts = 0;
    if (event_.kind == Event::renew) drain();
    if (event_.kind == Event::found_unhealthy) return lose_unwell();
    end_unbidden();
    if (event_.kind == Event::told_to_stop) dismiss();
  }

  void draining() {
    if (event_.kind == Event::unused) stop();
    if (event_.kind == Event::died) {
      if (step_.life.is_whole) lose();
      step_.life.state = ServiceState::stopping;
    }
    if (event_.kind == Event::ended) come_to_rest();
    if (event_.kind == Event::told_to_stop) dismiss();
  }

  void lose_unwell() {
    lose();
    step_.actions.push_back(ServiceAction::take_stacks);
    drain();
  }

  void drain() {
    step_.life.state = ServiceState::draining;
    if (event_.users == 0) stop();
  }

  // The service or its host ended, though nobody has told it to.
  void end_unbidden() {
    if (event_.kind != Event::died && event_.kind != Event::ended) return;
    lose();
    step_.life.state = ServiceState::stopping;
    if (event_.kind == Event::ended) come_to_rest();
  }

  void lose() {
    step_.life.is_whole = false;
    if (event_.suspects != 1) ++step_.life.restarts;
    step_.actions.push_back(ServiceAction::note_death);
  }

  void come_to_rest() {
    const bool is_enough = !step_.life.is_dismissed && step_.life.restarts > max_restarts_;
    step_.life.state = is_enough ? ServiceState::failed : ServiceState::absent;
  }

  void start() {
    ++step_.life.generation;
    step_.life.is_whole = false;
    step_.life.state = ServiceState::starting;
    step_.actions.push_back(ServiceAction::start);
  }

  void dismiss() {
    step_.life.is_dismissed = true;
    stop();
  }

  void stop() {
    step_.life.state = ServiceState::stopping;
    step_.actions.push_back(ServiceAction::stop);
  }

  ServiceStep step_;
  const ServiceEvent& event_;
  unsigned max_restarts_;
};

}  // namespace

ServiceStep next_step(const ServiceLife& life, const ServiceEvent& event, unsigned max_restarts) {
  return Step(life, event, max_restarts).take();
}

}  // namespace holdfast
