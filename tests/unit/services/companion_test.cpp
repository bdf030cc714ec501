// What the host makes of the output of its service, and of what it is told. The service is played.
#include "services/service_companion.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "os/child_process.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/packet_socket.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"

namespace holdfast::host {
namespace {

class CompanionOfAService : public testing::Test {
 protected:
  CompanionOfAService() {
    auto ends = std::move(*os::packet_pair());
    keeper_ = std::move(ends.first);
    theirs_ = std::move(ends.second);
    order_.spec.name = "db";
    order_.spec.command = {"server"};
    order_.spec.directory = "/";
    order_.spec.start_timeout = Milliseconds{3'600'000};
    order_.ctest = os::own_name();
    order_.attempt = "r.db-1";
    order_.generation = 1;
    order_.log = scratch_.path("db-1.log");
    order_.scratch = scratch_.path("db-1");
  }

  ServiceSurroundings around() {
    return {order_, keeper_, ctest_, output_, log_, {"PATH=/usr/bin:/bin"}};
  }
  void prints(const std::string& text) const {
    EXPECT_EQ(::write(output_.output(), text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
  }
  // What the keeper is told next, or its visitor.
  static wire::Message heard(const os::UniqueFd& end) {
    if (!os::readable(end.get())) return wire::Message("nothing");
    Result<wire::Message> message = os::receive_message(end.get()).message;
    return message ? std::move(*message) : wire::Message("no message");
  }
  // The same, while the companion has its turns.
  wire::Message heard_from(ServiceCompanion& companion) const {
    (void)os::becomes_true([&] {
      companion.look();
      return os::is_readable(theirs_.get());
    });
    return heard(theirs_);
  }
  static void say(const os::UniqueFd& end, std::string_view kind) {
    EXPECT_TRUE(os::send_message(end.get(), wire::Message(kind)));
  }

  os::Scratch scratch_;
  wire::HostOrder order_;
  os::UniqueFd keeper_;  // the host's end
  os::UniqueFd theirs_;
  os::UniqueFd ctest_ = std::move(*os::watch_process(os::own_name()));
  supervision::Capture output_ = std::move(*supervision::Capture::open(true));
  ServiceLog log_ = std::move(*ServiceLog::open(scratch_.path("db-1.log"), 1000));
};

TEST_F(CompanionOfAService, ReadsALineThatComesInParts) {
  order_.spec.ready.output = "^listening on (?P<port>[0-9]+)$";
  order_.spec.health.command = {"true"};
  ServiceSurroundings surroundings = around();
  surroundings.ready_output = *Pattern::compile(order_.spec.ready.output);
  ServiceCompanion companion(std::move(surroundings));
  companion.on_main_started(::getpid());
  // Each line stands for itself.
  prints("starting\nnot listening on 70\nlistening ");
  companion.look();
  prints("on 80");
  companion.look();
  EXPECT_FALSE(os::is_readable(theirs_.get()));
  prints("80\nlistening on 90\n");
  companion.look();
  const wire::Message ready = heard(theirs_);
  EXPECT_EQ(ready.kind, "ready");
  EXPECT_EQ(ready.get("port"), "8080");
  EXPECT_EQ(ready.get("pid"), std::to_string(::getpid()));
  EXPECT_EQ(ready.get("log_size"), std::to_string(log_.size()));
  EXPECT_TRUE(
      std::string(ready.get("last_lines")).ends_with("listening on 8080\nlistening on 90\n"))
      << ready.get("last_lines");
}

TEST_F(CompanionOfAService, ItsInitCommandHasTheRestOfTheTimeOfItsStart) {
  order_.spec.start_timeout = Milliseconds{200};
  order_.spec.init = {"sleep", "1000"};
  ServiceCompanion companion(around());
  companion.on_main_started(::getpid());
  const wire::Message died = heard_from(companion);
  EXPECT_EQ(died.kind, "died");
  EXPECT_EQ(died.get("why"), "`sleep` took too long");
  EXPECT_EQ(companion.on_deadline(), supervision::Companion::Verdict::end_without_stacks);
}

TEST_F(CompanionOfAService, ItsResetCommandHasTheTimeOfAStart) {
  order_.spec.start_timeout = Milliseconds{200};
  order_.spec.reset = {"sleep", "1000"};
  ServiceCompanion companion(around());
  companion.on_main_started(::getpid());
  EXPECT_EQ(heard_from(companion).kind, "ready");
  say(theirs_, wire::k_reset);
  const wire::Message ill = heard_from(companion);
  EXPECT_EQ(ill.kind, "unhealthy");
  EXPECT_EQ(ill.get("why"), "`sleep` took too long");
}

TEST_F(CompanionOfAService, AStopCommandThatFailsIsToldInTheLogAndTheServiceEnds) {
  order_.spec.stop = {"sh", "-c", "echo no disk; exit 4"};
  ServiceCompanion companion(around());
  companion.on_main_started(::getpid());
  EXPECT_EQ(heard_from(companion).kind, "ready");
  EXPECT_EQ(companion.deadline(), k_longest);
  say(theirs_, wire::k_stop);
  EXPECT_TRUE(os::becomes_true([&] {
    companion.look();
    return companion.deadline() != k_longest;
  }));
  EXPECT_EQ(companion.on_deadline(), supervision::Companion::Verdict::end_without_stacks);
  EXPECT_TRUE(companion.is_explained());
  EXPECT_EQ(*os::read_file(order_.log), "holdfast: `sh` ended with exit code 4: no disk\n");
}

TEST_F(CompanionOfAService, NamesAStrangerAtAPortThatWasChosenForIt) {
  const os::UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof own;
  auto* const address = reinterpret_cast<sockaddr*>(&own);
  ASSERT_EQ(::bind(listener.get(), address, size), 0);
  ASSERT_EQ(::listen(listener.get(), 5), 0);
  ASSERT_EQ(::getsockname(listener.get(), address, &size), 0);
  const ServiceCompanion without_ports(around());
  EXPECT_EQ(without_ports.stranger_at_its_place(), "");
  order_.ports = {ntohs(own.sin_port)};
  const ServiceCompanion companion(around());
  const std::string beginning = "port " + std::to_string(ntohs(own.sin_port)) + " belongs to pid " +
                                std::to_string(::getpid()) + " (";
  EXPECT_TRUE(companion.stranger_at_its_place().starts_with(beginning))
      << companion.stranger_at_its_place();
  // Where it is to be asked, too.
  order_.ports.clear();
  const std::string place = "127.0.0.1:" + std::to_string(ntohs(own.sin_port));
  for (const bool is_ready : {true, false}) {
    order_.spec.ready.tcp = is_ready ? place : "";
    order_.spec.health.tcp = is_ready ? "" : place;
    const ServiceCompanion asked(around());
    EXPECT_TRUE(asked.stranger_at_its_place().starts_with(beginning)) << is_ready;
  }
}

TEST_F(CompanionOfAService, NamesAStrangerAtItsUnixSocket) {
  const os::UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un own{};
  own.sun_family = AF_UNIX;
  const std::string path = scratch_.path("s");
  ASSERT_LT(path.size(), sizeof own.sun_path);
  path.copy(own.sun_path, path.size());
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own), 0);
  ASSERT_EQ(::listen(listener.get(), 5), 0);
  order_.spec.ready.unix_socket = path;
  const ServiceCompanion companion(around());
  const std::string beginning = path + " belongs to pid " + std::to_string(::getpid()) + " (";
  EXPECT_TRUE(companion.stranger_at_its_place().starts_with(beginning))
      << companion.stranger_at_its_place();
}

// That of a service that people keep, asked by `holdfast service`.
class StateOfAService : public CompanionOfAService {
 protected:
  StateOfAService()
      : door_(std::move(*Door::open(scratch_.path("door")))),
        visitor_(std::move(os::connect_to(scratch_.path("door"), os::k_patience).socket)) {}

  std::optional<wire::ManualState> asked(ServiceCompanion& companion) {
    say(visitor_, wire::k_state);
    companion.look();
    Result<wire::ManualState> state = wire::read<wire::ManualState>(heard(visitor_));
    EXPECT_TRUE(state);
    return state ? std::optional(std::move(*state)) : std::nullopt;
  }
  ServiceSurroundings around() {
    ServiceSurroundings surroundings = CompanionOfAService::around();
    surroundings.door = &door_;
    return surroundings;
  }

  Door door_;
  os::UniqueFd visitor_;
};

TEST_F(StateOfAService, SaysHowLongItsEndMayTake) {
  order_.spec.grace = Milliseconds{7'000};
  order_.spec.stop = {"true"};
  ServiceCompanion companion(around());
  const std::optional<wire::ManualState> state = asked(companion);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->end, order_.spec.grace + order_.spec.stop_time());
  EXPECT_EQ(state->phase, "starting");
  EXPECT_EQ(state->order.spec.name, "db");
  EXPECT_EQ(state->host, os::own_name());
  EXPECT_EQ(state->user, ::getpid());
}

TEST_F(StateOfAService, NeedsAResetIfATestHadItAloneAndThereIsACommandForThat) {
  for (const ServiceCommand& reset : {ServiceCommand{}, ServiceCommand{"true"}}) {
    order_.spec.reset = reset;
    ServiceCompanion companion(around());
    EXPECT_FALSE(asked(companion)->needs_reset);
    say(theirs_, wire::k_had_alone);
    companion.look();
    EXPECT_EQ(asked(companion)->needs_reset, !reset.empty());
  }
}

TEST_F(StateOfAService, SaysInWhichPhaseItIs) {
  order_.spec.stop = {"sleep", "1000"};
  ServiceCompanion companion(around());
  EXPECT_EQ(asked(companion)->phase, "starting");
  companion.on_main_started(::getpid());
  EXPECT_EQ(heard_from(companion).kind, "ready");
  EXPECT_EQ(asked(companion)->phase, "ready");
  EXPECT_EQ(asked(companion)->main, ::getpid());
  say(theirs_, wire::k_stop);
  companion.look();
  EXPECT_EQ(asked(companion)->phase, "stopping");
}

TEST_F(StateOfAService, StartsWhileItsInitCommandRuns) {
  order_.spec.init = {"sleep", "1000"};
  ServiceCompanion companion(around());
  companion.on_main_started(::getpid());
  companion.look();
  EXPECT_EQ(asked(companion)->phase, "starting");
  EXPECT_FALSE(os::is_readable(theirs_.get()));
}

TEST_F(StateOfAService, EndsWhenNothingShowsThatItsDirectoryIsABuildTree) {
  const std::string tree = scratch_.path("tree");
  std::filesystem::create_directories(tree + "/.holdfast");
  const os::HeldDirectory held = std::move(*os::HeldDirectory::open(tree));
  ServiceSurroundings surroundings = around();
  surroundings.tree = &held;
  ServiceCompanion companion(std::move(surroundings));
  companion.on_main_started(::getpid());
  EXPECT_EQ(heard_from(companion).kind, "ready");
  theirs_.reset();
  companion.look();
  EXPECT_EQ(asked(companion)->phase, "ready");
  std::filesystem::remove(tree + "/.holdfast");
  EXPECT_EQ(asked(companion)->phase, "stopping");
}

TEST_F(StateOfAService, ASecondUserIsAnsweredAndDoesNotTakeIt) {
  ServiceCompanion companion(around());
  const int first = keeper_.get();
  say(visitor_, wire::k_use);
  companion.look();
  EXPECT_EQ(wire::read<wire::ManualState>(heard(visitor_))->user, ::getpid());
  EXPECT_EQ(keeper_.get(), first);
  theirs_.reset();
  companion.look();
  EXPECT_FALSE(keeper_.valid());
  EXPECT_EQ(asked(companion)->user, 0);
  say(visitor_, wire::k_use);
  companion.look();
  EXPECT_TRUE(wire::read<wire::ManualState>(heard(visitor_)));
  EXPECT_TRUE(keeper_.valid());
}

TEST_F(StateOfAService, AStopByHandIsALossForItsUser) {
  ServiceCompanion companion(around());
  say(visitor_, wire::k_stop);
  companion.look();
  const wire::Message died = heard(theirs_);
  EXPECT_EQ(died.kind, "died");
  EXPECT_EQ(died.get("why"), "it was stopped by hand");
  EXPECT_LE(companion.deadline(), os::monotonic_now());
}

TEST_F(CompanionOfAService, ThatIsToldToStopBeforeItIsThereNeverGetsReady) {
  ServiceCompanion companion(around());
  say(theirs_, wire::k_stop);
  companion.look();
  companion.on_main_started(::getpid());
  companion.look();
  EXPECT_FALSE(os::is_readable(theirs_.get()));
  EXPECT_LE(companion.deadline(), os::monotonic_now());
}

TEST_F(CompanionOfAService, IsNotCheckedBeforeItIsReady) {
  order_.spec.ready.output = "^ready$";
  ServiceSurroundings surroundings = around();
  surroundings.ready_output = *Pattern::compile(order_.spec.ready.output);
  ServiceCompanion companion(std::move(surroundings));
  companion.on_main_started(::getpid());
  say(theirs_, wire::k_check);
  companion.look();
  EXPECT_FALSE(os::is_readable(theirs_.get()));
}

TEST_F(CompanionOfAService, IsWellAgainWhenItsNextCheckSaysSo) {
  const std::string sign = scratch_.path("ill");
  order_.spec.health.command = {"test", "!", "-e", sign};
  order_.spec.health_timeout = Milliseconds{60'000};
  ServiceCompanion companion(around());
  companion.on_main_started(::getpid());
  EXPECT_EQ(heard_from(companion).kind, "ready");
  std::ofstream(sign) << "it is";
  say(theirs_, wire::k_check);
  EXPECT_EQ(heard_from(companion).kind, "unhealthy");
  std::filesystem::remove(sign);
  say(theirs_, wire::k_check);
  EXPECT_EQ(heard_from(companion).kind, "healthy");
  say(theirs_, wire::k_stop);
  companion.look();
  EXPECT_EQ(companion.on_deadline(), supervision::Companion::Verdict::end_without_stacks);
}

TEST_F(CompanionOfAService, ThatIsUnwellShowsItsStacksAtItsEnd) {
  order_.spec.health.command = {"false"};
  order_.spec.health_timeout = Milliseconds{60'000};
  ServiceCompanion companion(around());
  companion.on_main_started(::getpid());
  EXPECT_EQ(heard_from(companion).kind, "ready");
  say(theirs_, wire::k_check);
  EXPECT_EQ(heard_from(companion).kind, "unhealthy");
  say(theirs_, wire::k_stop);
  companion.look();
  EXPECT_EQ(companion.on_deadline(), supervision::Companion::Verdict::end_tree);
}

TEST_F(CompanionOfAService, OfADeadCtestEndsWhenNobodyNeedsIt) {
  os::Child child([] { return ::pause(); });
  ctest_ = std::move(*os::watch_process({child.pid(), os::read_process_stat(child.pid())->start}));
  os::Pipe dependents = std::move(*os::make_pipe());
  ServiceSurroundings surroundings = around();
  surroundings.dependents = std::move(dependents.read);
  ServiceCompanion companion(std::move(surroundings));
  const auto ends = [&] {
    companion.look();
    return companion.deadline() <= os::monotonic_now();
  };
  theirs_.reset();
  EXPECT_FALSE(ends()) << "ctest lives";
  child.signal(SIGKILL);
  (void)child.wait();
  EXPECT_FALSE(ends()) << "a service that needs it lives";
  dependents.write.reset();
  EXPECT_TRUE(ends());
}

TEST_F(CompanionOfAService, OfADeadCtestWaitsForItsKeeper) {
  os::Child child([] { return ::pause(); });
  ctest_ = std::move(*os::watch_process({child.pid(), os::read_process_stat(child.pid())->start}));
  ServiceCompanion companion(around());
  child.signal(SIGKILL);
  (void)child.wait();
  companion.look();
  EXPECT_GT(companion.deadline(), os::monotonic_now());
  theirs_.reset();
  companion.look();
  EXPECT_LE(companion.deadline(), os::monotonic_now());
}

}  // namespace
}  // namespace holdfast::host
