#include "keeper/run/further_attempts.hpp"

#include <utility>

namespace holdfast {

wire::Message answer_again(const wire::Message& question, Connection& asker, Run& run,
                           RunLines& lines) {
  wire::Message reply;
  reply.kind = wire::k_again;
  const RunAnswer answer = run.retries().again(asker.key);
  if (!answer.granted) {
    reply.add("why", answer.reason);
    return reply;
  }
  ScratchPool* const scratch = run.scratch();
  std::string lent;
  if (scratch != nullptr) {
    if (!question.get("scratch").empty()) scratch->give_back(std::exchange(asker.scratch, {}));
    lent = scratch->lend();
    if (lent.empty()) lines.say_once(scratch->trouble());
  }
  asker.begin_next(run.next_attempt(), lent);
  reply.add("attempt", asker.attempt);
  reply.add("scratch_path", lent);
  return reply;
}

void note_farewell(const wire::Message& farewell, const Connection& from, Run& run) {
  const std::string_view came_out = farewell.get("came_out");
  if (came_out == "passed" || came_out == "failed") {
    run.retries().came_out(from.key, came_out == "failed");
  }
}

}  // namespace holdfast
