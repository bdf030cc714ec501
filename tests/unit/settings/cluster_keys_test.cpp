#include <gtest/gtest.h>

#include <string>

#include "settings/settings_file.hpp"

namespace holdfast {
namespace {

Result<Settings> settings_in(const std::string& text) {
  return parse_settings(text, "/src/holdfast.toml", "default");
}

TEST(ClusterKeys, SayWhereEtcdIs) {
  const Result<Settings> settings = settings_in(R"(
[cluster]
endpoints = ["https://a:2379/", "http://127.0.0.1:2379"]
ttl = "20s"
ca = "ca.pem"
cert = "/etc/cert.pem"
key = "sub/key.pem"
user = "ci"
)");
  ASSERT_TRUE(settings) << to_text(settings.error());
  const ClusterSettings& cluster = settings->cluster;
  EXPECT_EQ(cluster.endpoints,
            (std::vector<std::string>{"https://a:2379", "http://127.0.0.1:2379"}));
  EXPECT_EQ(cluster.endpoints_from, "holdfast.toml:3, [cluster]");
  EXPECT_EQ(cluster.ttl, Milliseconds{20'000});
  EXPECT_EQ(cluster.ca, "/src/ca.pem");
  EXPECT_EQ(cluster.cert, "/etc/cert.pem");
  EXPECT_EQ(cluster.key, "/src/sub/key.pem");
  EXPECT_EQ(cluster.user, "ci");
  EXPECT_EQ(settings_in("")->cluster, ClusterSettings{});
}

TEST(ClusterKeys, AreRefusedInOneLine) {
  const struct {
    const char* text;
    const char* expected;
  } rows[] = {
      {"cluster = 1", "cluster: found an integer, expected a table [cluster]"},
      {"[cluster]\nendpoints = []", "endpoints in [cluster]: found nothing"},
      {"[cluster]\nendpoints = \"http://a:1\"",
       "endpoints in [cluster]: found a string, expected a list of addresses"},
      {"[cluster]\nendpoints = [7]", "endpoints in [cluster]: found an integer"},
      {"[cluster]\nendpoints = [\"a:1\"]",
       "endpoints in [cluster]: found \"a:1\", expected an address"},
      {"[cluster]\nttl = \"1s\"", "ttl in [cluster]: found 1.0 s, expected a time from 2s to 1h"},
      {"[cluster]\nttl = \"2500ms\"", "ttl in [cluster]: found 2.5 s"},
      {"[cluster]\nttl = \"61m\"", "ttl in [cluster]: found "},
      {"[cluster]\nttl = \"x\"",
       "ttl in [cluster]: found \"x\", expected a time from 2s to 1h, in"},
      {"[cluster]\nttl = []",
       "ttl in [cluster]: found an array, expected a time from 2s to 1h, in"},
      {"[cluster]\ncert = \"c\"", "cert in [cluster]: found it alone, expected `cert` and `key`"},
      {"[cluster]\nkey = \"k\"", "key in [cluster]: found it alone, expected `cert` and `key`"},
      {"[cluster]\nuser = \"\"", "user in [cluster]"},
      {"[cluster]\npassword = \"secret\"", "[cluster]: found the unknown key \"password\""},
  };
  for (const auto& row : rows) {
    const Result<Settings> settings = settings_in(row.text);
    ASSERT_FALSE(settings) << row.text;
    const std::string told = to_text(settings.error());
    EXPECT_NE(told.find(row.expected), std::string::npos) << row.text << "\n" << told;
    EXPECT_EQ(told.find("secret"), std::string::npos);
  }
}

TEST(ClusterKeys, TakeTheShortestAndTheLongestTime) {
  const auto ttl = [](const char* text) {
    const Result<Settings> settings = settings_in(std::string("[cluster]\nttl = ") + text);
    return settings ? settings->cluster.ttl : Milliseconds{-1};
  };
  EXPECT_EQ(ttl("2"), Milliseconds{2000});
  EXPECT_EQ(ttl("\"60m\""), Milliseconds{3'600'000});
}

}  // namespace
}  // namespace holdfast
