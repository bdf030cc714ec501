#include "batches/worker_link.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <holdfast/worker_protocol.h>

#include <cstring>
#include <string>

#include "os/file/descriptors.hpp"
#include "os/scratch.hpp"

namespace holdfast::exec {
namespace {

class WorkerLinkTest : public ::testing::Test {
 protected:
  os::UniqueFd connected() const {
    os::UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // The directory's own path may be too long for an address.
    const os::UniqueFd directory = scratch_.open();
    const std::string path =
        "/proc/self/fd/" + std::to_string(directory.get()) + "/" + HOLDFAST_WORKER_SOCKET;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    return socket;
  }
  // Whether this process, as the worker, is let in.
  bool lets_in() {
    worker_ = connected();
    link_.accept(::getpid());
    return link_.has_peer();
  }

  const os::Scratch scratch_;
  WorkerLink link_ = WorkerLink::listen(scratch_.path());
  os::UniqueFd worker_;
};

TEST_F(WorkerLinkTest, after_its_end_the_worker_is_not_let_in_again) {
  ASSERT_TRUE(lets_in());
  worker_.reset();
  EXPECT_EQ(link_.next(), std::nullopt);
  EXPECT_FALSE(link_.has_peer());
  EXPECT_FALSE(lets_in());
  char byte = 0;
  EXPECT_EQ(::recv(worker_.get(), &byte, 1, 0), 0) << "it must not wait for an answer";
}

TEST_F(WorkerLinkTest, a_dropped_worker_may_come_again_and_a_refused_one_not) {
  ASSERT_TRUE(lets_in());
  link_.drop();
  ASSERT_TRUE(lets_in());
  link_.refuse();
  EXPECT_FALSE(lets_in());
}

// An attempt whose launcher was killed leaves its socket.
TEST_F(WorkerLinkTest, the_socket_of_one_that_is_gone_is_replaced) {
  link_ = WorkerLink();
  link_ = WorkerLink::listen(scratch_.path());
  EXPECT_TRUE(lets_in());
}

TEST_F(WorkerLinkTest, without_a_directory_nobody_comes) {
  WorkerLink link = WorkerLink::listen("");
  link.accept(::getpid());
  EXPECT_FALSE(link.has_peer());
  EXPECT_EQ(link.next(), std::nullopt);
  EXPECT_FALSE(link.send("mode"));
  EXPECT_FALSE(link.send_with("mode", {STDIN_FILENO}));
  link.refuse();
  link.accept(::getpid());
  EXPECT_FALSE(link.has_peer());
}

TEST_F(WorkerLinkTest, no_other_process_is_let_in) {
  worker_ = connected();
  link_.accept(::getpid() + 1);
  EXPECT_FALSE(link_.has_peer());
}

}  // namespace
}  // namespace holdfast::exec
