#include "attempt/answer.hpp"

#include <algorithm>

#include "attempt/programs.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::exec {
namespace {

constexpr Milliseconds k_patience{60'000};
// holdfast.toml has at most 1 MiB.
constexpr std::size_t k_longest_answer = 2UL * 1024 * 1024;

Result<wire::Message> answer_to(std::vector<std::string> question, std::string input) {
  HOLDFAST_TRY(const std::string program, supervision::main_program());
  const std::string asking = "execute " + program + " answer " + question[0];
  os::BoundedOrder order;
  order.words = {program, "answer"};
  order.words.insert(order.words.end(), question.begin(), question.end());
  order.environment = entries_of(environ);
  order.time = k_patience;
  order.most_output = k_longest_answer;
  order.errors_apart = true;
  order.input = std::move(input);
  os::BoundedEnd end = os::run_bounded(order);
  switch (end.kind) {
    case os::BoundedEnd::Kind::not_started:
      return os::system_error(asking, end.code);
    case os::BoundedEnd::Kind::too_late:
      return Error{asking + ": no answer within " + describe(k_patience)};
    case os::BoundedEnd::Kind::signalled:
      return Error{asking + ": it died of signal " + std::to_string(end.code)};
    case os::BoundedEnd::Kind::exited:
      break;
  }
  // The output is then a sentence that says why there is no answer.
  if (end.code == exit_codes::k_own_failure) return ErrorInWords{end.output};
  if (end.code != 0) return Error{asking + ": it exited with " + std::to_string(end.code)};
  if (end.output_cut) return Error{asking + ": its answer is too long"};
  return wire::decode(end.output);
}

}  // namespace

Result<std::optional<std::size_t>> first_found(const std::vector<std::string>& patterns,
                                               const std::string& output) {
  if (output.empty()) return std::optional<std::size_t>();
  std::vector<std::string> question{"found"};
  question.insert(question.end(), patterns.begin(), patterns.end());
  HOLDFAST_TRY(const wire::Message answer, answer_to(std::move(question), output));
  HOLDFAST_TRY(const wire::Found found, wire::read<wire::Found>(answer));
  return found.index;
}

Result<wire::StepSettings> step_settings(const std::string& tree) {
  HOLDFAST_TRY(const wire::Message answer, answer_to({"steps", tree}, {}));
  return wire::read<wire::StepSettings>(answer);
}

int await_unless_told_to_end(supervision::Surroundings& around,
                             const std::vector<os::BoundedWork*>& works) {
  while (true) {
    std::vector<int> news;
    Milliseconds until = k_longest;
    for (os::BoundedWork* work : works) {
      if (work->go_on()) continue;
      news.push_back(work->fd());
      until = std::min(until, work->deadline());
    }
    if (news.empty()) return 0;
    const supervision::Waited waited = supervision::wait_until(around, until, news);
    if (waited.signal != 0) return waited.signal;
  }
}

}  // namespace holdfast::exec
