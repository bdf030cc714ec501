// What the host does while its service runs: probes it, keeps its output, obeys the keeper, and
// knows when the service must end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attempt/attempt_plan.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/process/bounded_work.hpp"
#include "os/process/stop_record.hpp"
#include "services/host_wire.hpp"
#include "services/manual_service.hpp"
#include "services/probe.hpp"
#include "services/service_log.hpp"
#include "settings/pattern.hpp"

namespace holdfast::host {

// The line of output by which a service says that it is ready, and on which port.

// What one line says.
struct LineOfOutput {
  bool is_ready = false;     // the line matches
  std::uint16_t port = 0;    // 0: the line names no port
  std::string no_port = {};  // what stands in the place of the port, if that makes it no match
};

// `ready`: the pattern of `ready-output`. A line whose group `port` is no port does not match:
// nobody could reach the service there. A group without a name may be the port, or may be there for
// an alternative, such as `(up|ready)`.
inline LineOfOutput read_line(const Pattern& ready, std::string_view line) {
  if (!ready.is_found_in(line)) return {};
  const std::optional<std::string> text = ready.group_in(line, "port");
  if (!text) return {true};
  const bool is_number =
      !text->empty() && text->find_first_not_of("0123456789") == std::string::npos;
  if (!is_number && !ready.names_group("port")) return {true};
  const std::uint16_t port = parse_number<std::uint16_t>(*text).value_or(0);
  return port != 0 ? LineOfOutput{true, port} : LineOfOutput{false, 0, *text};
}

// What the companion looks after; all of it must outlive the companion.
struct ServiceSurroundings {
  const wire::HostOrder& order;
  os::UniqueFd& keeper;       // our end of the connection; invalid when the keeper is gone
  const os::UniqueFd& ctest;  // its pidfd
  supervision::Capture& output;
  ServiceLog& log;
  std::vector<std::string> environment;      // for its commands: `NAME=VALUE`
  std::optional<Pattern> ready_output = {};  // `ready-output`
  // Readable when the service has gone to the background. Invalid: it does not go there.
  os::UniqueFd background = {};
  os::UniqueFd dependents = {};  // HostOrder::dependents
  Door* door = nullptr;          // null: nobody keeps the service
  // The build tree of one that people keep. Null: nobody keeps it.
  const os::HeldDirectory* tree = nullptr;
};

class ServiceCompanion final : public supervision::Companion {
 public:
  explicit ServiceCompanion(ServiceSurroundings around);

  void join(os::Wait& wait) override;
  void look() override;
  bool wants_start() const override { return true; }
  void on_main_started(pid_t main) override;
  Milliseconds deadline() override { return until_; }
  Verdict on_deadline() override;
  void tell(const std::string& text) override { around_.log.add(text); }

  // To be called before the service starts. Without a stop command it does nothing.
  Result<void> put_stop_on_record();
  // Takes the rest of the output. To be called when nothing of the tree is left.
  void finish();
  // To be called when nothing of the tree is left. If the service was never ready, and somebody
  // else listens at a place that it needs, says who: `port 6379 belongs to pid 12 (…)`. Else empty.
  std::string stranger_at_its_place() const;
  // Tells the keeper why the service died.
  void report_death(const std::string& why);
  // Runs the stop command if nobody has, because the service ended by itself or was killed; and
  // again if it was ended together with the service. Waits for the command, and takes it off the
  // record. `guard_lost`: the service's guard was killed.
  void run_stop_if_due(bool guard_lost);
  // True: the keeper was told why the service died, or the service ended as it was told to.
  bool is_explained() const { return was_stopped_ || is_death_told_; }

 private:
  enum class Phase : std::uint8_t {
    probing,       // until it is ready
    initialising,  // its init command runs
    ready,
    resetting,  // its reset command runs
    checking,   // a probe for its health runs
    stopping,   // its stop command runs
    ending,     // its process tree is to be ended
  };

  void read_output();
  void take_line(const LineOfOutput& line);
  void hear_keeper();
  void obey(const wire::Message& message);
  void receive(os::UniqueFd& visitor, const wire::Message& message);
  wire::ManualState state() const;
  void look_at_ctest();
  void look_at_tree();
  bool is_tree_gone() const;
  void probe();
  std::unique_ptr<Probe> begin_proof() const;
  bool waits_for_output() const { return !spec_.ready.output.empty() && !has_answered_; }
  void begin_init();
  void become_ready();
  void begin_check();
  void check();
  void report_health(const std::string& trouble);
  void begin_stop();
  void fail(const std::string& why);
  // Starts a command of the service as work_.
  void begin_work(const ServiceCommand& words, Phase phase, Milliseconds time);
  void enter(Phase phase, Milliseconds time);
  std::string trouble_with(const ServiceCommand& words) const;
  std::vector<pid_t> processes() const;
  Probed probed() const;
  bool is_in_background();
  bool is_main_known();
  pid_t main_in_namespace() const;
  pid_t youngest_child_of_main() const;
  os::StopOrder stop_order() const;
  // Tells the keeper what has become of the service.
  void report(ServiceNews kind, const std::string& why = {});

  ServiceSurroundings around_;
  ServiceSpec spec_;        // with the port that its output told
  pid_t main_ = 0;          // the service's main process; 0: not known
  bool is_inside_ = false;  // the main process is in a PID namespace
  Phase phase_ = Phase::probing;
  Milliseconds until_;  // when the phase ends
  Milliseconds next_probe_{0};
  std::unique_ptr<Probe> probe_;
  std::unique_ptr<os::BoundedWork> work_;
  std::string last_answer_;    // why the last probe found it unwell
  std::string line_;           // the beginning of a line of its output
  bool has_answered_ = false;  // in the way that `ready` says; only the proof is missing
  std::uint16_t port_told_ = 0;
  bool is_unwell_ = false;  // when it is ended, stacks tell why
  bool was_stopped_ = false;
  bool needs_reset_ = false;
  os::UniqueFd stop_record_;  // invalid: there is none
  Milliseconds ctest_ended_ = k_longest;
  bool is_death_told_ = false;
  Milliseconds next_look_at_tree_{0};
};

}  // namespace holdfast::host
