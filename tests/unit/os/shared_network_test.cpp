#include "os/containment/shared_network.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "os/child_process.hpp"
#include "os/containment/namespaces.hpp"
#include "values/containment.hpp"

namespace holdfast::os {
namespace {

ino_t network_of(const char* path) {
  struct stat info {};
  return ::stat(path, &info) == 0 ? info.st_ino : 0;
}

ino_t network_of(int descriptor) {
  struct stat info {};
  return ::fstat(descriptor, &info) == 0 ? info.st_ino : 0;
}

void wait_for(SharedNetwork& network) {
  pollfd news{network.news(), POLLIN, 0};
  ASSERT_EQ(::poll(&news, 1, 30'000), 1);
  network.look();
}

// Skips if this user may not have a network.
class SharedNetworkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Namespaces::may_make({Boundary::netns})) GTEST_SKIP() << "no network namespaces here";
  }
};

TEST_F(SharedNetworkTest, IsMadeOnceAndIsNotOurs) {
  SharedNetwork network;
  EXPECT_EQ(network.state(), SharedNetwork::State::not_wanted);
  network.want();
  EXPECT_EQ(network.state(), SharedNetwork::State::in_the_making);
  wait_for(network);
  ASSERT_EQ(network.state(), SharedNetwork::State::there) << network.trouble();
  const ino_t made = network_of(network.descriptor());
  network.want();
  network.look();
  EXPECT_EQ(network_of(network.descriptor()), made);
  EXPECT_NE(made, network_of("/proc/self/ns/net"));
  EXPECT_LT(network.news(), 0);
}

TEST_F(SharedNetworkTest, NoProcessIsLeftThatMadeIt) {
  SharedNetwork network;
  network.want();
  wait_for(network);
  EXPECT_TRUE(becomes_true([&] {
    network.look();
    return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD;
  }));
}

TEST_F(SharedNetworkTest, ProcessesJoinItWithAllOtherNamespacesTheirOwn) {
  SharedNetwork network;
  network.want();
  wait_for(network);
  for (const Containment wanted :
       {Containment{Boundary::netns}, Containment{Boundary::netns, Boundary::pidns}}) {
    Namespaces inside(wanted, {}, network.descriptor());
    const Result<pid_t> child = inside.fork();
    ASSERT_TRUE(child) << child.error().message;
    if (*child == 0) {
      const bool is_in = network_of("/proc/self/ns/net") == network_of(network.descriptor());
      ::_exit(is_in && (::getpid() == 1) == wanted.has(Boundary::pidns) ? 0 : 1);
    }
    // It is our child, whoever has joined the network.
    int status = 0;
    ASSERT_EQ(::waitpid(*child, &status, 0), *child);
    EXPECT_EQ(status, 0);
  }
}

TEST_F(SharedNetworkTest, WhatIsNoNetworkIsNotJoined) {
  Namespaces inside({Boundary::netns}, {}, STDIN_FILENO);
  const Result<pid_t> child = inside.fork();
  ASSERT_FALSE(child);
  EXPECT_NE(child.error().message.find("of a network"), std::string::npos) << child.error().message;
}

}  // namespace
}  // namespace holdfast::os
