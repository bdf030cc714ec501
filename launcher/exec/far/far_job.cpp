#include "exec/far/far_job.hpp"

#include <optional>
#include <utility>

#include "core/base/number.hpp"
#include "core/base/parts.hpp"

namespace holdfast::exec {
namespace {

// The fields of a job besides those of its grant. No field of a grant begins with `far_`.
constexpr std::string_view k_version = "far_version";
constexpr std::string_view k_argument = "far_argument";
constexpr std::string_view k_entry = "far_entry";
constexpr std::string_view k_directory = "far_directory";
constexpr std::string_view k_variable = "far_variable";
constexpr std::string_view k_one_stream = "far_one_stream";
constexpr std::string_view k_attempt_number = "far_n";
constexpr std::string_view k_case = "far_case";
constexpr std::string_view k_log = "far_log";

constexpr std::string_view k_started = "far-started";
constexpr std::string_view k_node = "node";
constexpr std::string_view k_started_version = "version";
constexpr std::string_view k_architecture = "architecture";

}  // namespace

std::string to_text(const FarJob& job) {
  wire::Message message = wire::to_message(job.grant);
  message.add(k_version, job.version);
  for (const std::string& word : job.arguments) message.add(k_argument, word);
  for (const std::string& entry : job.environment) message.add(k_entry, entry);
  message.add(k_directory, job.directory);
  for (const Variable& variable : job.variables) {
    message.add(k_variable, text_of({variable.name, "=", variable.value}));
  }
  if (job.one_stream) message.add(k_one_stream, "1");
  message.add(k_attempt_number, std::to_string(job.n));
  for (const std::string& name : job.cases) message.add(k_case, name);
  message.add(k_log, job.log);
  return wire::encode(message);
}

Result<FarJob> far_job_in(std::string_view text) {
  const Result<wire::Message> message = wire::decode(text);
  if (!message) return message.error();
  Result<wire::AttemptGrant> grant = wire::to_grant(*message);
  if (!grant) return grant.error();
  FarJob job;
  job.grant = std::move(*grant);
  for (const auto& [key, value] : message->fields) {
    if (key == k_argument) job.arguments.push_back(value);
    if (key == k_entry) job.environment.push_back(value);
    if (key == k_case) job.cases.push_back(value);
    if (key == k_variable) {
      std::string_view rest = value;
      std::string name(take_part(rest, '='));
      job.variables.push_back({std::move(name), std::string(rest)});
    }
  }
  job.version = message->get(k_version);
  job.directory = message->get(k_directory);
  job.log = message->get(k_log);
  job.one_stream = !message->get(k_one_stream).empty();
  const auto n = parse_number<unsigned>(message->get(k_attempt_number));
  if (!n || job.arguments.empty()) return Error{"read the description of an attempt"};
  job.n = *n;
  return job;
}

std::string to_text(const FarStart& start) {
  wire::Message message;
  message.kind = k_started;
  message.add(k_node, start.node);
  message.add(k_started_version, start.version);
  message.add(k_architecture, start.architecture);
  return wire::encode(message);
}

Result<FarStart> far_start_in(std::string_view text) {
  const Result<wire::Message> message = wire::decode(text);
  if (!message) return message.error();
  if (message->kind != k_started) return Error{"read the record of an attempt's start"};
  return FarStart{std::string(message->get(k_node)), std::string(message->get(k_started_version)),
                  std::string(message->get(k_architecture))};
}

}  // namespace holdfast::exec
