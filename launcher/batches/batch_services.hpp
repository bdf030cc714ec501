// The services of a batch. A worker of the batch gets them as a test does: they are checked before
// the worker begins, and the worker is told which generation is there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attempt/attempt_plan.hpp"
#include "attempt/keeper_link.hpp"
#include "base/environment.hpp"
#include "batches/worker_link.hpp"
#include "services/service_asking.hpp"

namespace holdfast::exec {

class BatchServices {
 public:
  // Both must outlive this object.
  BatchServices(const supervision::AttemptPlan& plan, supervision::Surroundings& around);

  bool are_used() const { return link_.connected(); }

  // To be called before each worker. Blocks until the services are well. The first worker has what
  // the attempt has got. If the answer is not `had`, no worker may begin, and trouble() says why.
  supervision::AcquiredServices::End have();
  const std::string& trouble() const { return had_.why; }
  int signal() const { return had_.signal; }
  void give_to(WorkerCommand& command) const;

  // Asks whether a worker, which waits for that, may go on. Then hear() is to be called whenever
  // fd() is readable.
  void ask();
  int fd() const { return link_.fd(); }
  enum class News : std::uint8_t {
    none,   // there is no answer yet
    same,   // all services are well and as the worker knows them
    other,  // the services have changed or are unavailable: only another worker can go on
  };
  News hear();

  // Says which generations the workers had besides those of the attempt, and how long they waited.
  void add_to(supervision::AttemptResult& result) const;

 private:
  void lose_keeper();
  void take(const wire::Message& answer);
  bool is_of_attempt(const AcquiredService& use) const;
  void note_answer(supervision::AcquiredServices had);

  const supervision::AttemptPlan& plan_;
  supervision::Surroundings& around_;
  supervision::KeeperLink link_;
  enum class State : std::uint8_t {
    current,   // the next worker may begin with what is known
    outdated,  // a worker has begun with it
    asked,     // the keeper has not answered yet
  };
  State state_ = State::current;
  supervision::AcquiredServices had_;  // the latest answer; without variables: those of the attempt
  std::vector<AcquiredService> uses_;  // from all answers, without those of the attempt
  Milliseconds waited_{0};
};

}  // namespace holdfast::exec
