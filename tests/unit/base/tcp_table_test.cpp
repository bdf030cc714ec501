#include "base/tcp_table.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

constexpr std::string_view k_head =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n";

std::vector<TcpSocket> read(std::string_view lines) {
  return read_tcp_table(std::string(k_head).append(lines));
}

TEST(TcpTable, HasWhoListens) {
  const std::vector<TcpSocket> sockets = read(
      "   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
      "430 1 00000000b03bd5b0 100 0 0 10 0\n"
      "   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 "
      "431 1 00000000b03bd5b0 100 0 0 10 0\n");
  const std::vector<TcpSocket> expected{{2024, 0, true, 0, 430}, {8080, 0, true, 1000, 431}};
  EXPECT_EQ(sockets, expected);
  EXPECT_EQ(listener_on(sockets, 8080), &sockets[1]);
  EXPECT_EQ(listener_on(sockets, 8081), nullptr);
}

TEST(TcpTable, HasBothEndsOfAConnection) {
  const std::vector<TcpSocket> sockets = read(
      "   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 "
      "0 1 0 100 0 0 10 0\n"
      "   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 "
      "55 1 0 100 0 0 10 0\n");
  ASSERT_EQ(sockets.size(), 2U);
  ASSERT_EQ(server_end(sockets, 8080, 50000), &sockets[0]);
  EXPECT_EQ(sockets[0].inode, 0U) << "the server has not accepted it";
  EXPECT_EQ(server_end(sockets, 8080, 50001), nullptr);
  EXPECT_EQ(listener_on(sockets, 8080), nullptr);
}

TEST(TcpTable, ReadsAddressesOfVersion6) {
  const std::vector<TcpSocket> sockets = read(
      "   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A "
      "00000000:00000000 00:00000000 00000000     0        0 77 1 0 100 0 0 10 0\n"
      "   1: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A "
      "00000000:00000000 00:00000000 00000000     0        0 78 1 0 100 0 0 10 0\n");
  const std::vector<TcpSocket> expected{{8080, 0, true, 0, 77}, {8081, 0, true, 0, 78}};
  EXPECT_EQ(sockets, expected);
}

TEST(TcpTable, LeavesOutClosedConnectionsAndWhatItDoesNotUnderstand) {
  EXPECT_TRUE(read("   1: 0100007F:1F90 0100007F:C350 06 00000000:00000000 00:00000000 00000000  "
                   "   0        0 0 1 0 100 0 0 10 0\n")
                  .empty());
  const auto of = [](const std::string& remote, const std::string& state,
                     const std::string& inode) {
    return read("1: 0100007F:1F90 " + remote + " " + state + " 0 0 0 5 0 " + inode + "\n").size();
  };
  EXPECT_EQ(of("0100007F:C350", "01", "9"), 1U);
  EXPECT_EQ(of("0100007F:C350", "07", "9"), 0U) << "closed";
  EXPECT_EQ(of("0100007F", "01", "9"), 0U);
  EXPECT_EQ(of("0100007F:C350", "zz", "9"), 0U);
  EXPECT_EQ(of("0100007F:C350", "01", "x"), 0U);
  EXPECT_TRUE(read("").empty());
  EXPECT_TRUE(read("one two three\n\n:\n  1: x:y z:a 0A 0 0 0 0 0 1\n").empty());
  EXPECT_TRUE(read_tcp_table("   0: 00000000:07E8 00000000:0000 0A 00000000:0000").empty());
}

}  // namespace
}  // namespace holdfast
