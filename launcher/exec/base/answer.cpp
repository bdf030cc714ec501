#include "exec/base/answer.hpp"

#include <unistd.h>

#include <utility>

#include "core/base/number.hpp"
#include "core/settings/wire.hpp"
#include "os/process/bounded_work.hpp"
#include "supervision/base/programs.hpp"

namespace holdfast::exec {
namespace {

constexpr Milliseconds k_patience{60'000};

Result<std::string> answer_to(std::vector<std::string> question, std::string input) {
  Result<std::string> program = supervision::main_program();
  if (!program) return program.error();
  os::BoundedOrder order;
  order.words = {*program, "answer"};
  order.words.insert(order.words.end(), question.begin(), question.end());
  for (char** entry = environ; *entry != nullptr; ++entry) order.environment.emplace_back(*entry);
  order.time = k_patience;
  order.input = std::move(input);
  os::BoundedEnd end = os::run_bounded(order);
  if (end.kind == os::BoundedEnd::Kind::exited && end.code == 0) return std::move(end.output);
  // Then it has said why not, in words.
  if (end.kind == os::BoundedEnd::Kind::exited && end.code == 1) return ErrorInWords{end.output};
  return Error{"execute " + *program + " answer " + question[0]};
}

}  // namespace

std::optional<std::size_t> first_found(const std::vector<std::string>& patterns,
                                       const std::string& output) {
  if (patterns.empty() || output.empty()) return std::nullopt;
  std::vector<std::string> question{"found"};
  question.insert(question.end(), patterns.begin(), patterns.end());
  const Result<std::string> answer = answer_to(std::move(question), output);
  if (!answer) return std::nullopt;
  return leading_number<std::size_t>(*answer);
}

Result<StepSettings> step_settings(const std::string& tree) {
  const Result<std::string> answer = answer_to({"steps", tree}, {});
  if (!answer) return answer.error();
  const Result<wire::Message> message = wire::decode(*answer);
  if (!message) return message.error();
  return wire::to_step_settings(*message);
}

}  // namespace holdfast::exec
