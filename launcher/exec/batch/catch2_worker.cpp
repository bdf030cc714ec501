#include "exec/batch/catch2_worker.hpp"

#include <optional>
#include <utility>

#include "core/base/names.hpp"
#include "exec/batch/marker_directory.hpp"
#include "os/file/clock.hpp"

namespace holdfast::exec {
namespace {

bool has_exited(const ProcessEnd& end) { return end.kind == ProcessEnd::Kind::exited; }

// Returns the worst end of the cases with this name: cases that differ only in their tags have one
// name.
std::optional<CaseEnd> worst_of(const std::vector<Catch2Case>& cases, std::string_view name) {
  std::optional<CaseEnd> worst;
  for (const Catch2Case& one : cases) {
    if (one.name != name) continue;
    const bool is_worse = !worst || one.end == CaseEnd::failed || *worst == CaseEnd::skipped;
    if (is_worse && worst != CaseEnd::failed) worst = one.end;
  }
  return worst;
}

}  // namespace

Catch2Worker::Catch2Worker(WorkerOrder order, Catch2Sign sign, std::string markers)
    : order_(std::move(order)),
      sign_(sign),
      markers_(std::move(markers)),
      from_(order_.relay.position()),
      since_us_(os::monotonic_now_us()),
      until_(k_longest) {
  // A process whose cases together count as one test has the time of one case.
  const bool has_limit = !order_.own_case.empty() || sign_ != Catch2Sign::reports;
  if (has_limit && order_.case_timeout.count() > 0) {
    until_ = os::monotonic_now() + order_.case_timeout;
  }
  if (sign_ != Catch2Sign::reports) return;
  (void)take_report_file(markers_, names::k_catch2_cases_file);
  (void)take_report_file(markers_, names::k_catch2_totals_file);
}

void Catch2Worker::add_descriptors(std::vector<pollfd>& fds) {
  order_.relay.add_descriptors(fds);
  if (!order_.relay.is_full()) order_.capture.add_descriptors(fds);
}

void Catch2Worker::look() {
  order_.relay.pass_on();
  read_output();
  order_.told();
}

void Catch2Worker::on_pause(Milliseconds length) {
  if (until_ != k_longest) until_ += length;
}

void Catch2Worker::tell(const std::string& text) {
  read_output();
  order_.relay.write(Stream::errors, text);
}

void Catch2Worker::read_output() {
  if (order_.relay.is_full()) return;
  order_.capture.read([this](Stream stream, std::string_view bytes) {
    order_.relay.write(stream, bytes);
    const bool is_read = sign_ == Catch2Sign::console && stream == Stream::output;
    if (is_read) printed_.read(bytes);
  });
}

OutputRange Catch2Worker::finish(const ProcessEnd& end) {
  order_.capture.close_writing();
  // What is left to read is no more than the pipes hold. A full relay must first pass on its
  // output.
  order_.relay.finish();
  read_output();
  Said said = take_said(end);
  if (order_.own_case.empty()) {
    tell_cases(said);
  } else {
    tell_own_case(said);
  }
  order_.link.drop();
  order_.told();
  return {from_, order_.relay.position()};
}

Catch2Worker::Said Catch2Worker::take_said(const ProcessEnd& end) {
  Said said;
  Catch2Totals totals(Catch2Totals::Source::compact);
  switch (sign_) {
    case Catch2Sign::reports: {
      const auto cases = take_report_file(markers_, names::k_catch2_cases_file);
      if (cases) said.cases = read_catch2_cases(*cases);
      const auto text = take_report_file(markers_, names::k_catch2_totals_file);
      if (text) totals.read(*text);
      totals.end();
      break;
    }
    case Catch2Sign::console:
      printed_.end();
      totals = printed_;
      break;
    case Catch2Sign::exit_code:
      said.is_through = has_exited(end);
      break;
  }
  // After a fatal signal, Catch2 ends its reports as it does after a whole run, although the
  // program may live on.
  said.has_crashed = totals.has_crashed() && !has_exited(end);
  said.is_through = said.is_through || (totals.are_there() && !said.has_crashed);
  said.ran_nothing = said.is_through && totals.ran_nothing();
  const bool is_by_code = sign_ != Catch2Sign::reports && said.is_through && !said.ran_nothing;
  if (is_by_code && !order_.own_case.empty()) {
    const bool is_well = !totals.has_failed() && (!has_exited(end) || end.code == 0);
    said.cases.push_back({order_.own_case, is_well ? CaseEnd::passed : CaseEnd::failed});
  }
  return said;
}

void Catch2Worker::tell_own_case(const Said& said) {
  const std::optional<CaseEnd> end = worst_of(said.cases, order_.own_case);
  // The program came to its end and has not run the case.
  if (said.is_through && !end) return announce(0);
  announce(1);
  began(order_.own_case);
  if (!said.is_through) return;
  ended({order_.own_case, *end}, {from_, order_.relay.position()});
  happened(BatchEvent{BatchEvent::Kind::finished});
}

void Catch2Worker::tell_cases(Said& said) {
  // If the process has crashed, it has crashed in the last case.
  std::optional<Catch2Case> crashed;
  if (said.has_crashed && !said.cases.empty() && said.cases.back().end == CaseEnd::failed) {
    crashed = std::move(said.cases.back());
    said.cases.pop_back();
  }
  const bool has_more = !said.is_through || (said.cases.empty() && !said.ran_nothing);
  announce(said.cases.size() + (has_more ? 1 : 0));
  for (const Catch2Case& one : said.cases) {
    began(one.name);
    ended(one);
  }
  if (crashed) began(crashed->name);
  if (said.is_through) happened(BatchEvent{BatchEvent::Kind::finished});
}

void Catch2Worker::announce(std::uint64_t count) {
  BatchEvent event{BatchEvent::Kind::announced};
  event.count = count;
  happened(std::move(event));
}

void Catch2Worker::began(const std::string& name) {
  BatchEvent event{BatchEvent::Kind::case_began, name};
  // Nobody knows when each of several cases began, so they take no time.
  if (!order_.own_case.empty()) event.at_us = since_us_;
  happened(std::move(event));
}

void Catch2Worker::ended(const Catch2Case& one, const OutputRange& range) {
  happened(BatchEvent{BatchEvent::Kind::case_ended, one.name, one.end}, range);
}

void Catch2Worker::happened(BatchEvent event, const OutputRange& range) {
  if (event.at_us == 0) event.at_us = os::monotonic_now_us();
  order_.tell(event, range);
}

}  // namespace holdfast::exec
