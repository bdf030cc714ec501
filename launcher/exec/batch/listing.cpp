#include "exec/batch/listing.hpp"

#include <fcntl.h>
#include <holdfast/worker_protocol.h>
#include <unistd.h>

#include <utility>

#include "core/base/names.hpp"
#include "core/batch/worker_message.hpp"
#include "os/file/clock.hpp"
#include "os/file/marker_files.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast::exec {
namespace {

// A million cases; a program that prints without end is not kept.
constexpr std::size_t k_longest_list = 64UL * 1024UL * 1024UL;

}  // namespace

std::string list_file_in(const std::string& markers) {
  return markers.empty() ? markers : markers + "/" + std::string(names::k_googletest_list_file);
}

GtestList take_list(const std::string& markers, std::string_view printed) {
  const std::string name(names::k_googletest_list_file);
  const os::UniqueFd directory(
      ::open(markers.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (directory.valid()) {
    const Result<std::string> json = os::read_private_file(directory.get(), name, k_longest_list);
    ::unlinkat(directory.get(), name.c_str(), 0);
    if (json) {
      if (std::optional<GtestList> list = parse_gtest_json_list(*json)) return std::move(*list);
    }
  }
  return parse_gtest_list(printed);
}

Listing::Listing(Capture& capture, OutputRelay& relay, WorkerLink& link, Milliseconds limit)
    : capture_(capture),
      relay_(relay),
      link_(link),
      until_(limit.count() == 0 ? k_longest : os::monotonic_now() + limit) {}

void Listing::add_descriptors(std::vector<pollfd>& fds) {
  relay_.add_descriptors(fds);
  capture_.add_descriptors(fds);
  link_.add_descriptors(fds);
}

void Listing::on_main_started(pid_t main) {
  main_ = main;
  answer();
}

// A linked program waits for an answer before it lists.
void Listing::answer() {
  link_.accept(main_);
  while (link_.next()) {
    (void)link_.send(worker_message({HOLDFAST_WORKER_MODE, HOLDFAST_WORKER_MODE_REPORT}));
  }
}

void Listing::look() {
  relay_.pass_on();
  answer();
  capture_.read([this](Stream stream, std::string_view bytes) {
    if (stream == Stream::errors) {
      relay_.write(stream, bytes);
    } else if (text_.size() < k_longest_list) {
      text_ += bytes;
    }
  });
}

void Listing::on_pause(Milliseconds length) {
  if (until_ != k_longest) until_ += length;
}

void Listing::finish() {
  capture_.close_writing();
  look();
  link_.drop();
}

}  // namespace holdfast::exec
