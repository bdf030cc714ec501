#include "os/process/packet_socket.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "os/child_process.hpp"
#include "os/process/process.hpp"
#include "os/scratch.hpp"
#include "settings/wire.hpp"

namespace holdfast::os {
namespace {

// Checks that of many processes that listen at `path` at once, exactly one is the first.
void exactly_one_is_first(const Scratch& scratch, const std::string& path) {
  Channel go;
  Channel told;
  Channel end;
  std::vector<Child> children;
  for (int i = 0; i < 16; ++i) {
    children.emplace_back([&] {
      go.close_end_for_writing();
      end.close_end_for_writing();
      (void)go.hear();
      const Listening listening = listen_at(path);
      if (listening.existed == listening.socket.valid()) return 1;
      // A process that finds the socket can connect at the same instant.
      const Connected connected = connect_to(path, Milliseconds{1000});
      if (!connected.socket.valid()) return 2;
      told.say(listening.existed ? "existed" : "first");
      (void)end.hear();
      return 0;
    });
  }
  go.close_end_for_writing();
  int first = 0;
  for (std::size_t i = 0; i < children.size(); ++i) {
    const std::string line = told.hear();
    first += line == "first" ? 1 : 0;
    EXPECT_TRUE(line == "first" || line == "existed") << line;
  }
  EXPECT_EQ(first, 1);
  end.close_end_for_writing();
  for (Child& child : children) EXPECT_EQ(child.wait(), 0);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path(""))) {
    EXPECT_EQ(entry.path().filename(), "s");
    ++files;
  }
  EXPECT_EQ(files, 1) << "no draft is left";
}

TEST(PacketSocket, OfManyThatListenAtOneAddressAtOnceExactlyOneIsFirst) {
  const Scratch scratch;
  exactly_one_is_first(scratch, scratch.path("s"));
}

TEST(PacketSocket, ExactlyOneOfManyTakesThePlaceOfADeadOne) {
  for (int round = 0; round < 20; ++round) {
    const Scratch scratch;
    { const Listening dead = listen_at(scratch.path("s")); }
    exactly_one_is_first(scratch, scratch.path("s"));
  }
}

TEST(PacketSocket, OnlyASocketAtWhichNobodyListensIsRemoved) {
  const Scratch scratch;
  const std::string path = scratch.path("s");
  remove_if_dead(path);  // there is none yet
  {
    const Listening listening = listen_at(path);
    remove_if_dead(path);
    EXPECT_TRUE(connect_to(path, Milliseconds{1000}).socket.valid());
  }
  remove_if_dead(path);
  EXPECT_EQ(connect_to(path, Milliseconds{1000}).failure, ConnectFailure::absent);
}

TEST(PacketSocket, OnlyTheUserMayConnect) {
  const Scratch scratch;
  const Listening listening = listen_at(scratch.path("s"));
  ASSERT_TRUE(listening.socket.valid());
  EXPECT_EQ(mode_of(scratch.path("s")), 0600U);
}

TEST(PacketSocket, NoFileIsAbsentAndAFileWithoutAListenerIsDead) {
  const Scratch scratch;
  const std::string path = scratch.path("s");
  EXPECT_EQ(connect_to(path, Milliseconds{1000}).failure, ConnectFailure::absent);
  EXPECT_EQ(connect_to(scratch.path("no/s"), Milliseconds{1000}).failure, ConnectFailure::absent);
  {
    const Listening listening = listen_at(path);
    ASSERT_TRUE(listening.socket.valid());
    EXPECT_TRUE(connect_to(path, Milliseconds{1000}).socket.valid());
  }
  const Connected dead = connect_to(path, Milliseconds{1000});
  EXPECT_FALSE(dead.socket.valid());
  EXPECT_EQ(dead.failure, ConnectFailure::dead);
  EXPECT_EQ(dead.error.message, "connect to " + path + ": Connection refused");
  EXPECT_TRUE(listen_at(path).socket.valid()) << "a dead one gives way";
  const Connected too_long = connect_to(std::string(108, '/'), Milliseconds{1000});
  EXPECT_EQ(too_long.failure, ConnectFailure::other);
  EXPECT_NE(listen_at("/" + std::string(107, 'x')).error.message.find("File name too long"),
            std::string::npos);
}

TEST(PacketSocket, PacketsKeepTheirBordersAndTheirOrder) {
  Result<std::pair<UniqueFd, UniqueFd>> pair = packet_pair();
  ASSERT_TRUE(pair);
  for (const char* packet : {"one", "two\n", "a"})
    ASSERT_TRUE(send_packet(pair->first.get(), packet));
  for (const char* packet : {"one", "two\n", "a"})
    EXPECT_EQ(*receive_packet(pair->second.get()), packet);
  pair->first.reset();
  const Result<std::string> end = receive_packet(pair->second.get());
  ASSERT_TRUE(end);
  EXPECT_EQ(*end, "");
}

TEST(PacketSocket, SendingToNobodyIsAnErrorAndNoSignal) {
  Result<std::pair<UniqueFd, UniqueFd>> pair = packet_pair();
  ASSERT_TRUE(pair);
  pair->second.reset();
  const Result<void> sent = send_packet(pair->first.get(), "x");
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().message, "send a message: Broken pipe");
}

TEST(PacketSocket, TheLongestMessageArrivesAndALongerOneIsRefusedNotCutOff) {
  Result<std::pair<UniqueFd, UniqueFd>> pair = packet_pair();
  ASSERT_TRUE(pair);
  const std::string longest(wire::k_longest_message, 'x');
  ASSERT_TRUE(send_packet(pair->first.get(), longest));
  const Result<std::string> received = receive_packet(pair->second.get());
  ASSERT_TRUE(received);
  EXPECT_EQ(*received, longest);
  ASSERT_TRUE(send_packet(pair->first.get(), longest + "y"));
  const Result<std::string> longer = receive_packet(pair->second.get());
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().message, "receive a message: Message too long");
  ASSERT_TRUE(send_packet(pair->first.get(), "next"));
  const Result<std::string> next = receive_packet(pair->second.get());
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_EQ(*next, "next");
}

TEST(PacketSocket, ADescriptorArrivesAsADuplicateThatLivesOnByItself) {
  Result<std::pair<UniqueFd, UniqueFd>> pair = packet_pair();
  ASSERT_TRUE(pair);
  Channel pipe;
  ASSERT_TRUE((send_descriptors(pair->first.get(), "take it", {pipe.read_fd()})));
  ASSERT_TRUE(send_packet(pair->first.get(), "without"));
  const Result<PacketWithDescriptor> received = receive_with_descriptor(pair->second.get());
  ASSERT_TRUE(received);
  EXPECT_EQ(received->packet, "take it");
  ASSERT_TRUE(received->descriptor.valid());
  EXPECT_NE(received->descriptor.get(), pipe.read_fd());
  EXPECT_EQ(::fcntl(received->descriptor.get(), F_GETFD), FD_CLOEXEC);
  pipe.say("x");
  EXPECT_TRUE(readable(received->descriptor.get()));
  const Result<PacketWithDescriptor> without = receive_with_descriptor(pair->second.get());
  ASSERT_TRUE(without);
  EXPECT_EQ(without->packet, "without");
  EXPECT_FALSE(without->descriptor.valid());
}

TEST(PacketSocket, ASecondDescriptorIsClosed) {
  Result<std::pair<UniqueFd, UniqueFd>> pair = packet_pair();
  ASSERT_TRUE(pair);
  const Channel pipe;
  const auto count_open = [] {
    int count = 0;
    for_each_number("/proc/self/fd", [&](int) { ++count; });
    return count;
  };
  const int before = count_open();
  ASSERT_TRUE((send_descriptors(pair->first.get(), "two", {pipe.read_fd(), pipe.read_fd()})));
  EXPECT_TRUE(receive_with_descriptor(pair->second.get())->descriptor.valid());
  EXPECT_EQ(count_open(), before);
}

TEST(PacketSocket, AListenerThatNeverAnswersCostsThePatience) {
  const Scratch scratch;
  const Listening listening = listen_at(scratch.path("s"));
  const Connected connected = connect_to(scratch.path("s"), Milliseconds{50});
  ASSERT_TRUE(connected.socket.valid());
  EXPECT_FALSE(receive_packet(connected.socket.get()));
}

TEST(PacketSocket, TheUserAtTheOtherEndIsKnown) {
  const Scratch scratch;
  const Listening listening = listen_at(scratch.path("s"));
  const Connected connected = connect_to(scratch.path("s"), Milliseconds{1000});
  const Result<UniqueFd> accepted = accept_from(listening.socket);
  ASSERT_TRUE(accepted);
  EXPECT_TRUE(is_peer_trusted(*accepted));
  EXPECT_TRUE(is_peer_trusted(connected.socket));
  EXPECT_FALSE(is_peer_trusted(UniqueFd()));
}

TEST(PacketSocket, WhatWasSentIsThereThoughTheOtherEndClosedWithPacketsUnread) {
  auto ends = packet_pair();
  ASSERT_TRUE(ends);
  ASSERT_TRUE(send_packet(ends->first.get(), "never read"));
  ASSERT_TRUE(send_packet(ends->second.get(), "last words"));
  ends->second.reset();
  const Result<std::string> words = receive_packet(ends->first.get());
  ASSERT_TRUE(words) << to_text(words.error());
  EXPECT_EQ(*words, "last words");
  const Result<std::string> end = receive_packet(ends->first.get());
  ASSERT_TRUE(end) << to_text(end.error());
  EXPECT_EQ(*end, "");
}

TEST(PacketSocket, TheLastWordsOfAProgramAreHeardThoughItHasLeftPacketsUnread) {
  for (const bool is_unread : {false, true}) {
    auto ends = packet_pair();
    ASSERT_TRUE(ends);
    EXPECT_EQ(last_words(ends->first.get()), "") << "it has not said anything yet";
    if (is_unread) {
      ASSERT_TRUE(send_packet(ends->first.get(), "never read"));
    }
    ASSERT_TRUE(send_packet(ends->second.get(), "no such server\n\n"));
    ends->second.reset();
    EXPECT_EQ(last_words(ends->first.get()), "no such server");
    EXPECT_EQ(last_words(ends->first.get()), "");
  }
}

TEST(PacketSocket, OfAMessageTheLastWordsAreWhy) {
  auto ends = packet_pair();
  ASSERT_TRUE(ends);
  const wire::Message message("refused", {{"why", "no such server"}});
  ASSERT_TRUE(send_packet(ends->second.get(), wire::encode(message)));
  EXPECT_EQ(last_words(ends->first.get()), "no such server");
}

TEST(PacketSocket, ToConnectAtOnceWaitsForNoListener) {
  const Scratch scratch;
  const std::string path = scratch.path("s");
  EXPECT_EQ(connect_at_once(path).failure, ConnectFailure::absent);
  {
    const Listening listening = listen_at(path);
    ASSERT_EQ(::listen(listening.socket.get(), 0), 0);
    const Connected first = connect_at_once(path);
    ASSERT_TRUE(first.socket.valid());
    EXPECT_FALSE(receive_packet(first.socket.get())) << "nothing has come";
    const Connected second = connect_at_once(path);
    EXPECT_FALSE(second.socket.valid());
    EXPECT_EQ(second.failure, ConnectFailure::other);
  }
  EXPECT_EQ(connect_at_once(path).failure, ConnectFailure::dead);
}

TEST(PacketSocket, WhereNobodyCanListenIsSaidAndNothingIsLeft) {
  const Scratch scratch;
  const std::string path = scratch.path("no/s");
  const Listening none = listen_at(path);
  EXPECT_FALSE(none.socket.valid());
  EXPECT_FALSE(none.existed);
  EXPECT_EQ(none.error.message, "listen at " + path + ": No such file or directory");
  // The draft can be made, and has no room for its name.
  const Listening first = listen_at(scratch.path("s"));
  const Listening second = listen_at(scratch.path("s"));
  EXPECT_FALSE(second.socket.valid());
  EXPECT_TRUE(second.existed);
  EXPECT_EQ(second.error.message, "listen at " + scratch.path("s") + ": File exists");
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path())) {
    EXPECT_EQ(entry.path(), scratch.path("s"));
  }
}

TEST(PacketSocket, MoreDescriptorsThanTheyMayBeAreNotSent) {
  auto ends = packet_pair();
  ASSERT_TRUE(ends);
  const int own = ends->first.get();
  EXPECT_TRUE((send_descriptors(own, "x", {own, own, own})));
  const Result<void> sent = send_descriptors(own, "x", {own, own, own, own});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().message, "send descriptors: Invalid argument");
}

TEST(PacketSocket, WhoSentAPacketIsKnownIfItIsAskedFor) {
  auto ends = packet_pair();
  ASSERT_TRUE(ends);
  char packet[16] = {};
  pid_t sender = 7;
  EXPECT_LT(receive_at_once(ends->second.get(), packet, sizeof packet, sender), 0);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(sender, 0) << "nothing has come";
  ask_for_senders(ends->second.get());
  ASSERT_TRUE(send_packet(ends->first.get(), "word"));
  EXPECT_EQ(receive_at_once(ends->second.get(), packet, sizeof packet, sender), 4);
  EXPECT_EQ(std::string_view(packet, 4), "word");
  EXPECT_EQ(sender, ::getpid());
}

TEST(PacketSocket, AStoppedListenerIsContinued) {
  const Scratch scratch;
  Channel told;
  const Child listener([&] {
    const Listening listening = listen_at(scratch.path("s"));
    told.say(listening.socket.valid() ? "listens" : "does not");
    while (true) ::pause();
    return 0;
  });
  ASSERT_EQ(told.hear(), "listens");
  const Connected connected = connect_to(scratch.path("s"), Milliseconds{1000});
  ASSERT_TRUE(connected.socket.valid());
  EXPECT_EQ(peer_process(connected.socket.get()), listener.pid());
  EXPECT_FALSE(continue_peer(connected.socket.get())) << "it is not stopped";
  listener.signal(SIGSTOP);
  ASSERT_TRUE(becomes_true([&] { return is_stopped(listener.pid()); }));
  EXPECT_TRUE(continue_peer(connected.socket.get()));
  EXPECT_TRUE(becomes_true([&] { return !is_stopped(listener.pid()); }));
  EXPECT_EQ(peer_process(-1), 0);
  EXPECT_FALSE(continue_peer(-1));
}

}  // namespace
}  // namespace holdfast::os
