#include "run/run_log.hpp"

#include <fcntl.h>
#include <sys/inotify.h>

#include <algorithm>

#include "base/names.hpp"
#include "base/text.hpp"
#include "os/file/clock.hpp"
#include "run/keeper_socket.hpp"
#include "run/run_lock.hpp"
#include "settings/pattern.hpp"

namespace holdfast {
namespace {

// Returns the path of a link that leads to the file itself, even if the file has no name any more.
std::string link_of(const DescriptorOf& file) {
  return os::in_proc(file.process, "fd/" + file.number);
}

// Returns a number in `/proc/<pid>/fdinfo/<number>` (proc(5)).
std::optional<std::int64_t> number_in_fdinfo(const DescriptorOf& file, std::string_view field,
                                             int base) {
  const Result<std::string> text =
      os::read_file(os::in_proc(file.process, "fdinfo/" + file.number));
  const std::size_t place = text ? text->find(field) : std::string::npos;
  if (place == std::string::npos) return std::nullopt;
  return leading_number<std::int64_t>(text->substr(place + field.size()), base).value_or(0);
}

// True: `file` is open in the way in which ctest opens its log: for writing, and not for appending.
bool is_written_as_a_log(const DescriptorOf& file) {
  const std::optional<std::int64_t> flags = number_in_fdinfo(file, "flags:\t", 8);
  return flags && (*flags & O_ACCMODE) != O_RDONLY && (*flags & O_APPEND) == 0;
}

// Calls `use(file, name)` for each log that the process writes.
template <typename Use>
void for_each_log_of(pid_t process, Use use) {
  os::for_each_number(os::in_proc(process, "fd"), [&](int number) {
    const DescriptorOf file{process, std::to_string(number)};
    std::optional<LogName> name = parse_log_name(os::read_link(link_of(file)));
    if (name && is_written_as_a_log(file)) use(file, *std::move(name));
  });
}

// True: an ancestor of `ctest` writes that log. A ctest inside a test inherits the log of the outer
// ctest. A fork keeps descriptor numbers, so one look at each ancestor is enough.
bool is_of_an_ancestor(const ProcessName& ctest, const LogPlace& log) {
  const std::vector<ProcessName> above = os::ancestors_of(ctest);
  return std::ranges::any_of(above, [&](const ProcessName& one) {
    const DescriptorOf file{one.pid, log.file.number};
    return os::file_at(link_of(file)) == log.id && is_written_as_a_log(file);
  });
}

// Returns when the file was made, in nanoseconds; nothing: the file system does not say.
std::optional<std::int64_t> birth_of(const LogPlace& log) {
  struct statx info {};
  (void)::statx(AT_FDCWD, link_of(log.file).c_str(), 0, STATX_BTIME, &info);
  if ((info.stx_mask & STATX_BTIME) == 0) return std::nullopt;
  return std::int64_t{info.stx_btime.tv_sec} * 1'000'000'000 + info.stx_btime.tv_nsec;
}

}  // namespace

std::optional<LogName> parse_log_name(std::string_view path) {
  static const Result<Pattern> k_form =
      Pattern::compile(R"(^(?P<directory>(?s:.*)/Testing/Temporary)/LastTest(?P<tag>_[^/]*)?\.log)"
                       R"((?:\.tmp(?P<digits>[[:xdigit:]]*))?(?: \(deleted\))?$)");
  std::optional<std::string> directory = k_form->group_in(path, "directory");
  if (!directory) return std::nullopt;
  return LogName{*std::move(directory), k_form->group_in(path, "tag").value_or(""),
                 !k_form->group_in(path, "digits").value_or("").empty()};
}

std::optional<std::size_t> latest_of(const std::vector<std::optional<std::int64_t>>& births) {
  const auto latest = std::ranges::max_element(births);
  if (latest == births.end() || std::ranges::count(births, *latest) > 1) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(latest - births.begin());
}

std::optional<LogPlace> find_log_of(const ProcessName& ctest) {
  std::vector<LogPlace> found;
  for_each_log_of(ctest.pid, [&](const DescriptorOf& file, LogName name) {
    struct stat status {};
    if (::stat(link_of(file).c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
    LogPlace log{file, os::id_of(status), std::move(name)};
    const bool is_known = std::ranges::find(found, log.id, &LogPlace::id) != found.end();
    if (!is_known && !is_of_an_ancestor(ctest, log)) found.push_back(std::move(log));
  });
  if (found.empty() || !os::is_alive(ctest)) return std::nullopt;
  if (found.size() == 1) return std::move(found.front());
  // One log is ctest's own. The others were inherited from a ctest that has died or is in another
  // PID namespace, so they are older.
  const std::optional<std::size_t> latest = latest_of(collected(found, birth_of));
  if (!latest) return std::nullopt;
  return std::move(found[*latest]);
}

std::optional<RunLog> RunLog::open(LogPlace place) {
  os::UniqueFd held(::open(link_of(place.file).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (os::file_of(held.get()) != place.id) return std::nullopt;
  return RunLog(std::move(held), std::move(place));
}

std::optional<std::int64_t> RunLog::offset_of_ctest() const {
  return number_in_fdinfo(place_.file, "pos:\t", 10);
}

bool RunLog::has_foreign_end() const {
  struct stat status {};
  const std::optional<std::int64_t> offset = offset_of_ctest();
  return ::fstat(held_.get(), &status) == 0 && offset && status.st_size > *offset;
}

bool RunLog::cut_foreign_end() const {
  const std::optional<std::int64_t> offset = offset_of_ctest();
  const os::UniqueFd log(::open(link_of(place_.file).c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
  return offset && ::ftruncate(log.get(), *offset) == 0;
}

bool RunLog::is_written_elsewhere(const ProcessName& ctest) const {
  bool is_written = false;
  os::for_each_process([&](pid_t pid) {
    if (is_written || pid == ctest.pid || os::is_below(pid, ctest.pid)) return;
    for_each_log_of(pid, [&](const DescriptorOf& file, const LogName&) {
      is_written = is_written || os::file_at(link_of(file)) == place_.id;
    });
  });
  return is_written;
}

bool RunLog::watch_openings() {
  openings_ = os::UniqueFd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  return ::inotify_add_watch(openings_.get(), link_of(place_.file).c_str(),
                             IN_OPEN | IN_MOVE_SELF | IN_ONESHOT) >= 0;
}

bool RunLog::was_opened() const {
  // The watch tells only of the first event, an opening or a renaming. After the last renaming only
  // readers open the log.
  inotify_event event{};
  while (::read(openings_.get(), &event, sizeof event) == sizeof event) {
    was_opened_ = was_opened_ || (event.mask & IN_OPEN) != 0;
  }
  return was_opened_;
}

namespace {

// How long a ctest waits for its turn. Each ctest before it opens its log within milliseconds.
constexpr Milliseconds k_turn_patience{10'000};
// A ctest that is stopped before it opens its log holds up other ctests no longer than this.
constexpr Milliseconds k_longest_turn{5'000};
constexpr Milliseconds k_first_interval{1};
constexpr Milliseconds k_longest_interval{50};

Result<os::LockRequest> wait_for_turn(const std::string& tree, const ProcessName& ctest) {
  HOLDFAST_TRY(os::LockRequest request, open_tree_lock(tree, names::k_log_lock_directory,
                                                       {.name = "log", .scope = LockScope::build}));
  HOLDFAST_TRY(const os::UniqueFd life, os::watch_process(ctest));
  const Milliseconds until = os::monotonic_now() + k_turn_patience;
  while (true) {
    HOLDFAST_TRY(bool had, request.try_take());
    if (had) return request;
    HOLDFAST_DO(request.start_waiting());
    os::Wait wait({request.ready_fd(), life.get()}, until);
    const int ready = wait.go();
    if (ready == 0) return Error{"have its turn in time"};
    if (ready < 0) return os::system_error("wait for its turn");
    if (wait.news(life.get()) != 0) return Error{"wait for its turn: ctest has ended"};
    HOLDFAST_TRY(had, request.finish_waiting());
    if (had) return request;
  }
}

}  // namespace

Result<void> take_log_turn(const std::string& tree, const ProcessName& ctest) {
  const os::Connected keeper = connect_to_keeper(ctest, k_probe_patience);
  if (!keeper.socket.valid()) return {};  // nobody records this run: that has been said
  HOLDFAST_TRY(const os::LockRequest turn, wait_for_turn(tree, ctest));
  return os::send_message(keeper.socket.get(), wire::Message(wire::k_log),
                          {turn.descriptors().front()});
}

void LogTurn::begin(os::UniqueFd lock) {
  lock_ = std::move(lock);
  interval_ = k_first_interval;
  const Milliseconds now = os::monotonic_now();
  due_ = now + interval_;
  until_ = now + k_longest_turn;
}

void LogTurn::look(const ProcessName& ctest) {
  const Milliseconds now = os::monotonic_now();
  if (now < due()) return;
  if (now >= until_ || find_log_of(ctest)) return lock_.reset();
  interval_ = std::min(2 * interval_, k_longest_interval);
  due_ = now + interval_;
}

}  // namespace holdfast
