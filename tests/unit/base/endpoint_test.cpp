#include "base/tcp_table.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

std::string read(const Result<Endpoint>& endpoint) {
  if (!endpoint) return to_text(endpoint.error());
  std::string text;
  for (const std::string& address : endpoint->addresses) text += address + " ";
  return text + std::to_string(endpoint->port) + endpoint->path;
}

TEST(Endpoint, IsOnThisMachine) {
  EXPECT_EQ(read(parse_endpoint("localhost:6379")), "127.0.0.1 ::1 6379");
  EXPECT_EQ(read(parse_endpoint("127.0.0.1:1")), "127.0.0.1 1");
  EXPECT_EQ(read(parse_endpoint("[::1]:65535")), "::1 65535");
}

TEST(Endpoint, IsRefusedInOneLine) {
  for (const char* text :
       {"", ":", "localhost", "localhost:", "localhost:0", "localhost:65536", "localhost:x",
        "example.org:80", "::1", "[::1", "[]:80", "127.0.0.1:-1"}) {
    EXPECT_EQ(
        read(parse_endpoint(text)),
        "\"" + std::string(text) +
            "\": expected HOST:PORT, with localhost or an address such as 127.0.0.1 or [::1]");
  }
}

TEST(Endpoint, OfAUrlHasAPath) {
  EXPECT_EQ(read(parse_http_endpoint("http://localhost:80")), "127.0.0.1 ::1 80/");
  EXPECT_EQ(read(parse_http_endpoint("http://[::1]:80/a/b?c=d:e")), "::1 80/a/b?c=d:e");
  for (const char* text :
       {"", "http://", "https://localhost:80/", "localhost:80", "http://localhost/",
        "http://localhost:80/a b", "http://localhost:80/\n", "http://localhost:80/\x7f"}) {
    EXPECT_EQ(read(parse_http_endpoint(text)),
              "\"" + std::string(text) +
                  "\": expected http://HOST:PORT/PATH, with localhost or an address such as "
                  "127.0.0.1 or [::1]");
  }
}

}  // namespace
}  // namespace holdfast
