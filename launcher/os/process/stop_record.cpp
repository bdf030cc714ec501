#include "os/process/stop_record.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/own_files.hpp"
#include "values/fields.hpp"

namespace holdfast::os {

void each_field(wire::Any<StopOrder> auto& order, auto&& use) {
  use("service", order.service);
  use("word", order.command.words);
  use("variable", order.command.environment);
  use("directory", order.command.directory);
  use("time", order.command.time, wire::k_needed);
}

namespace {

constexpr std::string_view k_kind = "stop";
constexpr std::size_t k_longest_record = std::size_t{16} << 20;

Result<StopOrder> order_in(std::string_view text) {
  HOLDFAST_TRY(const wire::Message message, wire::decode(text));
  Result<StopOrder> order = wire::read_as<StopOrder>(k_kind, message);
  if (!order || order->service.empty() || order->command.words.empty()) {
    return ErrorInWords{"expected the stop command of a service"};
  }
  return order;
}

bool is_locked(const UniqueFd& file, int how) {
  return retried([&] { return ::flock(file.get(), how); }) == 0;
}

// Nothing but the end of a blocking call tells when a lock becomes free, so a process beside us
// blocks. Its lock ends with it.
void wait_for_holders(const std::string& path, Milliseconds patience) {
  BoundedOrder order;
  order.time = patience;
  order.work = [&path] {
    const Result<UniqueFd> file = open_own(path, O_RDONLY);
    if (file) (void)is_locked(*file, LOCK_EX);
    return std::string();
  };
  (void)run_bounded(order);
}

// Holds the record; invalid: there is none, it is another user's, or somebody else holds it longer
// than `patience`.
UniqueFd take(const std::string& path, Milliseconds patience) {
  Result<UniqueFd> opened = open_own(path, O_RDONLY);
  UniqueFd file = opened ? std::move(*opened) : UniqueFd();
  struct stat info {};
  if (!file.valid() || ::fstat(file.get(), &info) != 0 || info.st_uid != ::geteuid()) return {};
  const Milliseconds until = monotonic_now() + patience;
  while (!is_locked(file, LOCK_EX | LOCK_NB)) {
    const Milliseconds left = until - monotonic_now();
    if (errno != EWOULDBLOCK || left.count() <= 0) return {};
    wait_for_holders(path, left);
  }
  // Who held it until now may have removed it.
  if (::fstat(file.get(), &info) != 0 || info.st_nlink == 0) return {};
  return file;
}

}  // namespace

std::string stop_record_path(std::string_view log) {
  if (log.ends_with(names::k_output_suffix)) log.remove_suffix(names::k_output_suffix.size());
  return std::string(log).append(names::k_stop_suffix);
}

Result<UniqueFd> write_stop_record(const std::string& path, const StopOrder& order) {
  const std::string fresh = path + ".new";
  (void)remove_own(fresh);
  // It has the environment, which may have secrets.
  Result<UniqueFd> file = open_own(fresh, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!file) return file;
  if (::flock(file->get(), LOCK_EX | LOCK_NB) != 0 ||
      !write_all(file->get(), wire::encode(wire::written(k_kind, order))) ||
      !rename_own(fresh, path)) {
    const Error failed = system_error("put the stop command on record in " + path);
    (void)remove_own(fresh);
    return failed;
  }
  return file;
}

bool is_left(const std::string& path) { return take(path, Milliseconds{0}).valid(); }

std::optional<LeftStop> run_left_stop(const std::string& path, Milliseconds patience) {
  const UniqueFd held = take(path, patience);
  if (!held.valid()) return std::nullopt;
  std::string text;
  Result<StopOrder> order = Error{"read it"};
  if (read_all(held.get(), text, k_longest_record)) order = order_in(text);
  // Another version of Holdfast may have written it, and can run it.
  if (!order) {
    return LeftStop{{},
                    text_of({"the stop command in ", path, ": ", to_text(order.error()),
                             "; it stays there until that version runs it or you remove it"})};
  }
  const BoundedOrder& command = order->command;
  std::string trouble = trouble_with(command.words.front(), run_bounded(command));
  (void)remove_own(path);
  if (!trouble.empty()) {
    trouble = text_of({"the stop command of service ", order->service, ": ", trouble});
  }
  return LeftStop{std::move(order->service), std::move(trouble)};
}

}  // namespace holdfast::os
