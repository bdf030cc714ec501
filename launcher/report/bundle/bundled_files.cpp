#include "report/bundle/bundled_files.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "base/text.hpp"
#include "command/json.hpp"
#include "os/process/execute.hpp"

namespace holdfast {
namespace {

constexpr std::string_view k_program = "holdfast-archive";

constexpr std::string_view k_going_on = "going_on";
constexpr std::string_view k_over = "over";

}  // namespace

Result<void> run_archiver(const std::vector<std::string>& words, int input, int output,
                          const std::function<Result<void>()>& meanwhile) {
  HOLDFAST_TRY(const os::UniqueFd errors, os::memory_file(""));
  const std::vector<char*> arguments = os::pointers_to(words);
  posix_spawn_file_actions_t streams;
  ::posix_spawn_file_actions_init(&streams);
  if (input < 0)
    ::posix_spawn_file_actions_addopen(&streams, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  else
    ::posix_spawn_file_actions_adddup2(&streams, input, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&streams, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&streams, errors.get(), STDERR_FILENO);
  pid_t pid = 0;
  const int failed =
      ::posix_spawn(&pid, words[0].c_str(), &streams, nullptr, arguments.data(), ::environ);
  ::posix_spawn_file_actions_destroy(&streams);
  if (failed != 0) return os::system_error("start " + words[0], failed);
  Result<void> done = meanwhile ? meanwhile() : Result<void>();
  if (!done) ::kill(pid, SIGKILL);
  int status = 0;
  const pid_t ended = os::retried([&] { return ::waitpid(pid, &status, 0); });
  if (!done) return done;
  if (ended < 0) return os::system_error(fmt::format("wait for {}", k_program));
  if (WIFSIGNALED(status)) {
    return Error{fmt::format("use {}: it died of signal {}", k_program, WTERMSIG(status))};
  }
  if (WEXITSTATUS(status) == 0) return {};
  const Result<std::string> said = os::read_memory_file(errors.get());
  if (said && !said->empty()) return Error{*said};
  return Error{fmt::format("use {}: it ended with exit code {}", k_program, WEXITSTATUS(status))};
}

std::string text_in(const Json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string text_of(const Manifest& manifest) {
  Json object{{"format", k_bundle_format},
              {"holdfast", valid_utf8(manifest.version)},
              {"run", valid_utf8(manifest.run)},
              {"state", manifest.state == RunState::going_on ? k_going_on : k_over},
              {"complete", manifest.complete}};
  if (!manifest.sum.empty()) object["sum"] = manifest.sum;
  return object.dump(1) + '\n';
}

Result<Manifest> parse_manifest(std::string_view text) {
  const Json object = Json::parse(text, nullptr, false);
  const auto format = object.is_object() ? object.find("format") : object.end();
  if (format == object.end() || !format->is_number_integer()) {
    return ErrorInWords{fmt::format("its {} names no format", bundle_names::k_manifest)};
  }
  const auto number = format->get<std::int64_t>();
  if (number < 1 || number > k_bundle_format) {
    return ErrorInWords{fmt::format("it has format {} (of Holdfast {}): expected 1 to {}", number,
                                    brief(text_in(object, "holdfast")), k_bundle_format)};
  }
  Manifest manifest;
  manifest.version = text_in(object, "holdfast");
  manifest.run = text_in(object, "run");
  manifest.sum = text_in(object, "sum");
  if (text_in(object, "state") == k_going_on) manifest.state = RunState::going_on;
  manifest.complete = object.value("complete", Json()) == Json(true);
  return manifest;
}

Result<BundledFiles> BundledFiles::take_out(const std::string& program,
                                            const std::string& archive) {
  HOLDFAST_TRY(os::UniqueFd store, temporary_file());
  HOLDFAST_DO(run_archiver({program, "unpack", archive, std::to_string(k_largest_bundle)}, -1,
                           store.get()));
  BundledFiles files(std::move(store), archive);
  HOLDFAST_DO(files.find_parts());
  return files;
}

Result<void> BundledFiles::find_parts() {
  DescriptorStream stream(store_.get());
  std::uint64_t at = 0;
  for (std::string line; std::getline(stream, line);) {
    const std::optional<PackedHead> head = parse_packed_head(line);
    if (!head) return Error{"read " + archive_ + ": holdfast-archive is of another version"};
    const Part part{at + line.size() + 1, head->size};
    if (!parts_.try_emplace(head->name, part).second) {
      return Error{fmt::format("read {}: it has {} twice", archive_, printable(head->name))};
    }
    at = part.begin + part.size;
    stream.seekg(static_cast<std::streamoff>(at));
  }
  return {};
}

Result<RunFile> BundledFiles::open_path(const std::string& path) const {
  const auto found = parts_.find(path);
  if (found == parts_.end()) {
    return Error{fmt::format("read {} in {}: it is not there", path, archive_)};
  }
  const Part& part = found->second;
  return RunFile{
      std::make_unique<DescriptorStream>(store_.get(), static_cast<std::int64_t>(part.begin),
                                         static_cast<std::int64_t>(part.size)),
      part.size};
}

Result<RunFile> BundledFiles::open(const std::string& name) const {
  return open_path(std::string(bundle_names::k_run) + name);
}

std::string BundledFiles::text_of(std::string_view path) const {
  constexpr std::uint64_t k_small = 64U << 10U;
  const auto found = parts_.find(std::string(path));
  if (found == parts_.end()) return {};
  std::string text(std::min(found->second.size, k_small), '\0');
  return os::read_at(store_.get(), found->second.begin, text.data(), text.size()) ? text
                                                                                  : std::string();
}

std::string BundledFiles::sum() const {
  constexpr std::uint64_t k_piece = 64U << 10U;
  BundleSum sum;
  std::string bytes;
  for (const auto& [name, part] : parts_) {
    sum.begin(name);
    for (std::uint64_t at = 0; at < part.size; at += bytes.size()) {
      bytes.resize(std::min(part.size - at, k_piece));
      if (!os::read_at(store_.get(), part.begin + at, bytes.data(), bytes.size())) return {};
      sum.add(bytes);
    }
  }
  return sum.text();
}

}  // namespace holdfast
