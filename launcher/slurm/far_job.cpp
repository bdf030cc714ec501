#include "slurm/far_job.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>

#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/own_files.hpp"
#include "values/fields.hpp"

namespace holdfast::supervision {

void each_field(wire::Any<AttemptResult> auto& result, auto&& use) {
  auto& seen = result.observation;
  auto& report = result.report;
  use("outcome", result.outcome);
  use("main", seen.main.kind);
  use("main_code", seen.main.code);
  use("end_reason", seen.end_reason);
  use("end_signal", seen.end_signal);
  use("lock_not_had", seen.lock_not_had);
  use("lock_refused", seen.lock_refused);
  use("lock_lost", seen.lock_lost);
  use("own_failure", seen.own_failure);
  use("node_lost", seen.node_lost);
  use("leaked", seen.leaked);
  use("leak_fails", seen.leak_fails);
  use("marked", seen.marked);
  use("unfinished", seen.unfinished);
  use("ran_nothing", seen.ran_nothing);
  use("no_tests", seen.no_tests);
  use("out_of_memory", seen.out_of_memory);
  use("skip_code", seen.skip_code);
  use("ran_no_case", result.ran_no_case);
  use("exec_error", report.exec_error);
  use("user_us", report.user_us);
  use("system_us", report.system_us);
  use("max_rss_kb", report.max_rss_kb);
  use("memory_peak_kb", report.memory_peak_kb);
  use("oom_kills", report.oom_kills);
  use("leftovers", report.leftovers);
  use("kept", report.kept);
  use("survivors", report.survivors);
  use("wall_us", result.wall_us);
  use("lock_wait_ms", result.lock_wait, wire::k_needed);
  use("pressed", result.pressed);
  use("note", result.note);
  use("remark", result.remark);
  use("scratch", result.scratch);
  use("ran_nothing_because", result.ran_nothing_because);
  use("marker", result.marker);
  use("orphan", result.orphans);
  use("cases_left", result.cases_left);
}

}  // namespace holdfast::supervision

namespace holdfast::exec {

using supervision::AttemptResult;
using wire::Any;

constexpr std::string_view k_started = "far-started";
constexpr std::string_view k_ended = "far-ended";
constexpr std::string_view k_leftover = "leftover";

// The fields of a job besides those of its grant. No field of a grant begins with `far_`.
void each_field(Any<FarJob> auto& job, auto&& use) {
  use("far_version", job.version);
  use("far_argument", job.arguments);
  use("far_entry", job.environment);
  use("far_directory", job.directory);
  use("far_variable", job.variables);
  use("far_one_stream", job.one_stream);
  use("far_n", job.n, wire::k_needed);
  use("far_case", job.cases);
  use("far_log", job.log);
}

void each_field(Any<FarStart> auto& start, auto&& use) {
  use("node", start.node);
  use("version", start.version);
  use("architecture", start.architecture);
}

namespace {

// A job has the whole environment in it.
constexpr std::size_t k_most = 16UL * 1024 * 1024;

void look_anew(const std::string& directory) {
  const Result<os::UniqueFd> seen = os::open_own_directory(directory);
}

Result<void> make_file(const std::string& path, std::string_view text) {
  HOLDFAST_TRY(const os::UniqueFd file, os::open_own(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  if (!os::write_all(file.get(), text)) return os::system_error("write to " + path);
  return {};
}

}  // namespace

FarFiles::FarFiles(std::string directory, std::string attempt)
    : directory_(std::move(directory)), attempt_(std::move(attempt)) {}

FarFiles FarFiles::of_job(const std::string& job) {
  std::string_view name = last_part_of(job);
  std::string directory = job.substr(0, job.size() - name.size() - 1);
  if (name.ends_with(names::k_far_job_suffix)) name.remove_suffix(names::k_far_job_suffix.size());
  return {std::move(directory), std::string(name)};
}

std::string FarFiles::path(std::string_view suffix) const {
  return text_of({directory_, "/", attempt_, suffix});
}

Result<void> FarFiles::begin(std::string_view job) const {
  HOLDFAST_DO(os::make_own_directories(directory_, 0700));
  HOLDFAST_DO(make_file(path(names::k_far_control_suffix), {}));
  return put(names::k_far_job_suffix, job);
}

void FarFiles::remove() const {
  for (const std::string_view suffix :
       {names::k_far_job_suffix, names::k_far_control_suffix, names::k_far_started_suffix,
        names::k_far_ended_suffix, names::k_far_cases_suffix, names::k_far_log_suffix}) {
    (void)os::remove_own(path(suffix));
  }
}

void FarFiles::tell(int signal) const {
  (void)os::append_line(path(names::k_far_control_suffix), std::to_string(signal) + "\n");
}

std::vector<int> FarFiles::told() const {
  std::vector<int> signals;
  const Result<std::string> text = os::read_own(path(names::k_far_control_suffix));
  if (!text) return signals;
  std::string_view lines = *text;
  while (lines.find('\n') != std::string_view::npos) {
    const std::optional<int> signal = parse_number<int>(take_part(lines, '\n'));
    if (signal) signals.push_back(*signal);
  }
  return signals;
}

Result<void> FarFiles::put(std::string_view suffix, std::string_view record) const {
  const std::string whole = path(suffix);
  const std::string part = whole + ".part";
  (void)os::remove_own(part);
  if (Result<void> made = make_file(part, record); !made) {
    (void)os::remove_own(part);
    return made;
  }
  return os::rename_own(part, whole);
}

std::string FarFiles::record(std::string_view suffix) const {
  look_anew(directory_);
  return os::read_own(path(suffix), k_most).value_or({});
}

std::string FarFiles::lines(std::string_view suffix, std::uint64_t done) const {
  look_anew(directory_);
  const Result<os::UniqueFd> file = os::open_own(path(suffix), O_RDONLY);
  std::string text;
  const bool is_there = file && ::lseek(file->get(), static_cast<off_t>(done), SEEK_SET) >= 0;
  if (is_there) (void)os::read_all(file->get(), text);
  text.resize(text.rfind('\n') + 1);
  return text;
}

bool FarFiles::is_over() const {
  return os::exists_own(text_of({directory_, "/", names::k_far_over_file}));
}

void FarFiles::note_over() const {
  (void)make_file(text_of({directory_, "/", names::k_far_over_file}), {});
}

std::vector<std::string> FarFiles::left_out() const {
  std::vector<std::string> nodes;
  for (const std::string& name : os::names_in_own(directory_)) {
    if (name.starts_with(names::k_far_left_out_prefix)) {
      nodes.push_back(name.substr(names::k_far_left_out_prefix.size()));
    }
  }
  return nodes;
}

void FarFiles::leave_out(const std::string& node) const {
  if (node.empty() || node.find('/') != std::string::npos) return;
  (void)make_file(text_of({directory_, "/", names::k_far_left_out_prefix, node}), {});
}

std::string to_text(const FarJob& job) {
  wire::Message message = wire::to_message(job.grant);
  each_field(job, wire::ToMessage(message));
  return wire::encode(message);
}

Result<FarJob> far_job_in(std::string_view text) {
  HOLDFAST_TRY(const wire::Message message, wire::decode(text));
  FarJob job;
  HOLDFAST_TRY(job.grant, wire::to_grant(message));
  wire::FromMessage read(message);
  each_field(job, read);
  if (job.arguments.empty()) return Error{"read the description of an attempt"};
  return read.give(message.kind, std::move(job));
}

std::string to_text(const FarStart& start) { return wire::encode(wire::written(k_started, start)); }

Result<FarStart> far_start_in(std::string_view text) {
  HOLDFAST_TRY(const wire::Message message, wire::decode(text));
  return wire::read_as<FarStart>(k_started, message);
}

std::string to_text(const AttemptResult& result) {
  wire::Message message = wire::written(k_ended, result);
  const wire::ToMessage write(message);
  write(k_leftover, supervision::leftovers_in(result.report));
  return wire::encode(message);
}

Result<AttemptResult> far_result_in(std::string_view text) {
  HOLDFAST_TRY(const wire::Message message, wire::decode(text));
  HOLDFAST_TRY(AttemptResult result, wire::read_as<AttemptResult>(k_ended, message));
  std::vector<Leftover> leftovers;
  wire::FromMessage read(message);
  read(k_leftover, leftovers);
  HOLDFAST_TRY(leftovers, read.give(k_ended, leftovers));
  auto& list = result.report.leftover_list;
  for (std::size_t i = 0; i < std::min(leftovers.size(), list.size()); ++i) {
    list[i].pid = static_cast<pid_t>(leftovers[i].pid);
    leftovers[i].name.copy(list[i].name.data(), list[i].name.size() - 1);
  }
  return result;
}

}  // namespace holdfast::exec
