#include "batches/program_words.hpp"

#include <gtest/gtest.h>

#include "batches/gtest_report.hpp"
#include "values/framework.hpp"

namespace holdfast {
namespace {

using Names = std::vector<std::string>;

std::string in_words(const CaseReport& report) {
  constexpr std::string_view k_ends[] = {"passed", "failed", "skipped"};
  std::string text;
  for (const ReportedCase& one : report.cases) {
    text += one.name + " " + std::string(k_ends[static_cast<int>(one.end)]) + ";";
  }
  if (report.died_in) text += report.died_in->name + " died;";
  return text + (report.is_through ? " through" : " not through");
}

constexpr std::string_view k_doctest =
    "<?xml version=\"1.0\"?>\n<doctest binary=\"a\" version=\"2.4.9\">\n<TestSuite>\n"
    "<TestCase name=\"a &lt;1> &quot;\" filename=\"f\" line=\"1\">\n"
    "<OverallResultsAsserts successes=\"1\" failures=\"0\" test_case_success=\"true\"/>\n"
    "</TestCase>\n<TestCase name=\"off\" filename=\"f\" line=\"2\" skipped=\"true\"/>\n"
    "<TestCase name=\"b\" filename=\"f\" line=\"3\">\n"
    "<Expression success=\"false\" type=\"CHECK\" filename=\"f\" line=\"4\">\n"
    "<Original>\n x == \"&lt;/TestCase>\"\n</Original>\n<Expanded>\n1\n</Expanded>\n</Expression>\n"
    "<OverallResultsAsserts successes=\"0\" failures=\"1\" test_case_success=\"false\"/>\n"
    "</TestCase>\n</TestSuite>\n"
    "<OverallResultsAsserts successes=\"1\" failures=\"1\"/>\n"
    "<OverallResultsTestCases successes=\"1\" failures=\"1\" skipped=\"1\"/>\n</doctest>\n";

TEST(DoctestReportTest, tells_of_each_case_and_what_failed_in_it) {
  const CaseReport report = read_doctest_report(k_doctest);
  EXPECT_EQ(in_words(report), "a <1> \" passed;b failed; through");
  EXPECT_EQ(report.cases[0].words, "");
  EXPECT_NE(report.cases[1].words.find("f:4: ERROR: CHECK( x == \"</TestCase>\" ) is NOT correct!"),
            std::string::npos);
  EXPECT_NE(report.last_words.find("test cases: 2 | 1 passed | 1 failed | 1 skipped"),
            std::string::npos);
}

TEST(DoctestReportTest, one_that_is_cut_off_tells_in_which_case_the_process_died) {
  for (std::size_t length = 0; length < k_doctest.size() - 1; ++length) {
    const CaseReport report = read_doctest_report(k_doctest.substr(0, length));
    EXPECT_EQ(report.is_through, length >= k_doctest.find("</doctest>") + 10) << length;
    EXPECT_LE(report.cases.size() + (report.died_in ? 1U : 0U), 2U) << length;
  }
  EXPECT_EQ(in_words(read_doctest_report(k_doctest.substr(0, k_doctest.find("<Expression")))),
            "a <1> \" passed;b died; not through");
}

TEST(DoctestReportTest, early_versions_say_only_how_many_assertions_failed) {
  std::string early(k_doctest);
  for (const std::string_view attribute :
       {" test_case_success=\"true\"", " test_case_success=\"false\""}) {
    early.erase(early.find(attribute), attribute.size());
  }
  EXPECT_EQ(in_words(read_doctest_report(early)), "a <1> \" passed;b failed; through");
}

TEST(DoctestReportTest, early_versions_do_not_judge_expected_failures) {
  const auto one = [](const std::string& name, const std::string& failures) {
    return "<TestCase name=\"" + name + "\"><OverallResultsAsserts successes=\"0\" failures=\"" +
           failures + "\" expected_failures=\"1\"/></TestCase>";
  };
  EXPECT_EQ(in_words(read_doctest_report("<doctest version=\"2.4.0\"><TestSuite>" + one("a", "1") +
                                         one("b", "0") + "</TestSuite></doctest>")),
            "a passed;b failed; through");
}

TEST(DoctestReportTest, early_versions_do_not_judge_what_should_or_may_fail) {
  const auto one = [](const std::string& name, const std::string& how,
                      const std::string& failures) {
    return "<TestCase name=\"" + name + "\" " + how +
           "=\"true\"><OverallResultsAsserts successes=\"0\" failures=\"" + failures +
           "\"/></TestCase>";
  };
  EXPECT_EQ(in_words(read_doctest_report("<doctest version=\"2.4.0\"><TestSuite>" +
                                         one("a", "should_fail", "1") +
                                         one("b", "should_fail", "0") + one("c", "may_fail", "1") +
                                         one("d", "may_fail", "0") + "</TestSuite></doctest>")),
            "a passed;b failed;c passed;d passed; through");
}

TEST(DoctestReportTest, an_exception_without_words_does_not_hide_a_crash) {
  EXPECT_EQ(
      in_words(read_doctest_report(
          "<doctest><TestCase name=\"a\"><Exception crash=\"false\"/><OverallResultsAsserts "
          "failures=\"0\" test_case_success=\"false\"/></TestCase><TestCase name=\"b\">"
          "<Exception crash=\"true\">SIGSEGV</Exception><OverallResultsAsserts failures=\"0\" "
          "test_case_success=\"false\"/></TestCase></doctest>")),
      "a failed;b died; not through");
}

TEST(DoctestReportTest, an_exception_in_an_expression_is_told_with_the_expression) {
  const CaseReport report = read_doctest_report(
      "<doctest><TestCase name=\"a\"><Expression success=\"false\" type=\"CHECK\" filename=\"f\" "
      "line=\"4\"><Original>x()</Original><Exception>boom</Exception></Expression>"
      "<OverallResultsAsserts failures=\"1\" test_case_success=\"false\"/></TestCase></doctest>");
  ASSERT_EQ(report.cases.size(), 1U);
  EXPECT_NE(report.cases[0].words.find("f:4: ERROR: CHECK( x() ) THREW exception: boom\n"),
            std::string::npos)
      << report.cases[0].words;
}

TEST(XmlTest, long_texts_without_an_end_take_no_time) {
  const std::string text(4'000'000, '&');
  EXPECT_EQ(without_entities(text).size(), text.size());
  EXPECT_EQ(without_entities("&#x" + std::string(1'000'000, '0')).size(), 1'000'003U);
}

TEST(XmlTest, a_tag_has_its_name_and_its_attributes) {
  for (const char* tag : {"<Test>", "<Test/>", "<Test a=\"1\">", "<Test\na=\"1\">"}) {
    EXPECT_TRUE(is_xml_beginning(tag, "Test")) << tag;
  }
  for (const char* tag : {"</Test>", "<Tests>", "<Tes>", "<>"}) {
    EXPECT_FALSE(is_xml_beginning(tag, "Test")) << tag;
  }
  EXPECT_EQ(xml_attribute("<a b=\"1\" x=\"&#x41;&#x;&#x0;&#x100;\">", "x"), "A&#x;&#x0;&#x100;");
  for (const char* tag : {"<a>", "<a >", "<a b=\"x\">", "<a \"x=\">", "<a b=\"1\" >"}) {
    EXPECT_EQ(xml_attribute(tag, "x"), std::nullopt) << tag;
  }
}

TEST(DoctestReportTest, what_stands_outside_of_its_place_is_passed_over) {
  EXPECT_EQ(in_words(read_doctest_report("<doctest></SubCase></TestCase><Message type=\"ERROR\">"
                                         "<Text>x</Text></Message></doctest>")),
            " through");
}

TEST(DoctestReportTest, a_failure_without_words_is_told) {
  const CaseReport report = read_doctest_report(
      "<doctest version=\"2.4.9\"><TestCase name=\"a\" filename=\"f\" line=\"1\">"
      "<OverallResultsAsserts successes=\"0\" failures=\"0\" test_case_success=\"false\"/>"
      "</TestCase></doctest>");
  ASSERT_EQ(report.cases.size(), 1U);
  EXPECT_NE(report.cases[0].words.find("Marking it as failed!"), std::string::npos);
}

TEST(DoctestReportTest, totals_tell_of_the_only_case) {
  const auto totals = [](std::string_view text) {
    return in_words(read_doctest_totals(text, "one"));
  };
  EXPECT_EQ(totals("x\n[doctest] test cases: 1 | 1 passed | 0 failed | 9 skipped\n"),
            "one passed; through");
  EXPECT_EQ(totals("[doctest] test cases:  1 |  0 passed |  1 failed | 9 skipped\n"),
            "one failed; through");
  EXPECT_TRUE(
      read_doctest_totals("[doctest] test cases: 0 | 0 passed | 0 failed |", "one").ran_nothing);
  EXPECT_EQ(totals("\x1b[0;36m[doctest] \x1b[0mtest cases: \x1b[0m1 | 1 passed | 0 failed | 9\n"),
            "one passed; through");
  EXPECT_EQ(totals(""), " not through");
}

TEST(DoctestReportTest, names_no_more_than_100_nested_subcases) {
  std::string xml = "<doctest version=\"2.4.9\"><TestCase name=\"a\" filename=\"f\" line=\"1\">";
  for (int i = 0; i < 3000; ++i) {
    xml +=
        "<SubCase name=\"deep\"><Message type=\"ERROR\" filename=\"f\" "
        "line=\"2\"><Text>x</Text></Message>";
  }
  const CaseReport report = read_doctest_report(xml);
  ASSERT_TRUE(report.died_in);
  EXPECT_LT(report.died_in->words.size(), 3000U * 1000U);
}

TEST(DoctestSelectionTest, a_name_is_a_pattern_for_itself) {
  const Framework& framework = doctest();
  EXPECT_EQ(framework.selection_without("a, b*\\ \"c\"", {}), "a? b?? ?c?");
  EXPECT_TRUE(framework.selects("a?c", "aXc"));
  EXPECT_TRUE(framework.selects("Twin", "tWIN"));
  EXPECT_FALSE(framework.selects("a", "ab"));
  EXPECT_FALSE(framework.selection_without("Twin", {"twin"}));
  EXPECT_FALSE(framework.selection_without("", {}));
}

TEST(DoctestListTest, has_each_name_once) {
  EXPECT_EQ(parse_doctest_list(k_doctest), Names({"a <1> \"", "off", "b"}));
  EXPECT_FALSE(parse_doctest_list(k_doctest.substr(0, k_doctest.size() - 12)));
  EXPECT_FALSE(parse_doctest_list("no list"));
}

constexpr std::string_view k_boost =
    "<TestLog><TestSuite name=\"module\"><TestCase name=\"a\" file=\"f\" line=\"1\"><TestingTime>1"
    "</TestingTime></TestCase><TestSuite name=\"s\"><TestCase name=\"t&lt;int&gt;\"><Error "
    "file=\"f\" "
    "line=\"2\"><![CDATA[</TestCase>]]></Error></TestCase><TestCase name=\"off\" skipped=\"yes\" "
    "reason=\"disabled\"/><TestCase name=\"pre\" skipped=\"yes\" reason=\"precondition failed\"/>"
    "</TestSuite></TestSuite></TestLog>";

TEST(BoostReportTest, tells_of_each_case_by_its_path) {
  const ProcessEnd red{ProcessEnd::Kind::exited, 201};
  EXPECT_EQ(in_words(read_boost_report(k_boost, red)),
            "a passed;s/t<int> failed;s/pre skipped; through");
  // The program says that nothing failed, so the failure was expected.
  EXPECT_EQ(in_words(read_boost_report(k_boost, {ProcessEnd::Kind::exited, 0})),
            "a passed;s/t<int> passed;s/pre skipped; through");
  EXPECT_FALSE(read_boost_report(k_boost.substr(0, k_boost.size() - 1), red).is_through);
  EXPECT_TRUE(read_boost_report("<TestLog></TestLog>", red).ran_nothing);
  EXPECT_EQ(in_words(read_boost_report("", red)), " not through");
}

TEST(BoostReportTest, a_suite_that_is_skipped_stands_for_its_cases) {
  constexpr std::string_view k_xml =
      "<TestLog><TestSuite name=\"m\"><TestSuite name=\"s\" skipped=\"yes\" reason=\"precondition "
      "failed\"/><TestSuite name=\"off\" skipped=\"yes\" "
      "reason=\"disabled\"/></TestSuite></TestLog>";
  const ProcessEnd green{ProcessEnd::Kind::exited, 0};
  EXPECT_EQ(in_words(read_boost_report(k_xml, green)), "s/* skipped; through");
  EXPECT_EQ(in_words(read_boost_report(k_xml, green, "s/t/a")), "s/t/a skipped; through");
  EXPECT_EQ(in_words(read_boost_report(k_xml, green, "sa")), "s/* skipped; through");
}

// Beyond a hundred suites the paths are not known any more.
TEST(BoostReportTest, one_whose_suites_are_nested_too_deep_is_not_through) {
  const auto nested = [](std::size_t depth) {
    std::string xml = "<TestLog>";
    for (std::size_t i = 0; i < depth; ++i) xml += "<TestSuite name=\"s\">";
    xml += "<TestCase name=\"a\"></TestCase>";
    for (std::size_t i = 0; i < depth; ++i) xml += "</TestSuite>";
    return read_boost_report(xml + "</TestLog>", {ProcessEnd::Kind::exited, 0});
  };
  EXPECT_EQ(in_words(nested(3)), "s/s/a passed; through");
  EXPECT_TRUE(nested(100).is_through);
  EXPECT_FALSE(nested(150).is_through);
}

TEST(BoostReportTest, a_run_that_is_aborted_ends_in_its_case) {
  EXPECT_EQ(in_words(read_boost_report(
                "<TestLog><TestSuite name=\"m\"><TestCase name=\"a\"><Exception><![CDATA[signal: "
                "SIGSEGV]]></Exception><Message><![CDATA[Test is aborted]]></Message></TestCase>"
                "<Message><![CDATA[Test is aborted]]></Message></TestSuite></TestLog>",
                {ProcessEnd::Kind::exited, 201})),
            "a died; not through");
  // The program says that nothing failed: the test printed that itself.
  EXPECT_EQ(in_words(read_boost_report(
                "<TestLog><TestSuite name=\"m\"><TestCase name=\"a\"><Message><![CDATA[Test is "
                "aborted]]></Message></TestCase></TestSuite></TestLog>",
                {ProcessEnd::Kind::exited, 0})),
            "a passed; through");
}

TEST(BoostReportTest, what_stands_outside_of_its_place_is_passed_over) {
  EXPECT_EQ(in_words(read_boost_report("<TestLog></TestCase></TestSuite><TestCase name=\"a\">"
                                       "</TestCase></TestLog>",
                                       {ProcessEnd::Kind::exited, 0})),
            "a passed; through");
}

TEST(BoostSelectionTest, what_has_a_meaning_is_cut_off) {
  const Framework& framework = boost_test();
  EXPECT_EQ(framework.selection_without("s/t<int>", {}), "s/t<int>");
  EXPECT_EQ(framework.selection_without("s/t<a::b, c>/x", {}), "s/t<a*/x");
  EXPECT_EQ(framework.selection_without("", {}), std::nullopt);
  EXPECT_EQ(framework.selection_without("s/t<a, b>", {"s/t<a, c>"}), std::nullopt);
  EXPECT_TRUE(framework.is_exact("s/t<int>"));
  EXPECT_FALSE(framework.is_exact("a,b"));
  EXPECT_TRUE(framework.selects("s/t<a, b>", "s/t<a, c>"));
  EXPECT_FALSE(framework.selects("s/t", "s/u"));
}

TEST(BoostSelectionTest, a_filter_selects_cases_and_suites) {
  EXPECT_EQ(boost_filter_selects("a:s/t*", "s/two"), true);
  EXPECT_EQ(boost_filter_selects("s", "s/two/deep"), true);
  EXPECT_EQ(boost_filter_selects("s/one,two", "s/two"), true);
  EXPECT_EQ(boost_filter_selects("s/one,two", "s/three"), false);
  EXPECT_EQ(boost_filter_selects("*/*wo", "s/two"), true);
  EXPECT_EQ(boost_filter_selects("s/two", "s"), false);
  EXPECT_EQ(boost_filter_selects("s/*w*", "s/two"), true);
  EXPECT_EQ(boost_filter_selects("s/*x*", "s/two"), false);
  for (const char* unknown : {"@label", "!a", "+a"}) {
    EXPECT_EQ(boost_filter_selects(unknown, "a"), std::nullopt) << unknown;
  }
}

constexpr std::string_view k_dot =
    "Hello\ndigraph G {rankdir=LR;\ntu1[color=green,label=\"m\"];\n{\n"
    "tu65536[color=green,label=\"a|f(1)\"];\ntu1 -> "
    "tu65536;\ntu2[color=green,label=\"s|f(2)\"];\n{\n"
    "tu65537[color=yellow,label=\"off|f(3)\"];\ntu65538[color=green,label=\"t<int>|f(4)\"];\n}\n"
    "tu3[color=yellow,label=\"off|f(5)\"];\n{\ntu65539[color=green,label=\"b|f(6)\"];\n}\n}\n}\n";

TEST(BoostListTest, has_the_paths_of_the_cases_that_are_enabled) {
  const std::optional<BoostList> list = parse_boost_list(k_dot);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->cases, Names({"a", "s/t<int>"}));
  EXPECT_EQ(list->disabled, Names({"s/off", "off/b"}));
  EXPECT_FALSE(parse_boost_list(k_dot.substr(0, k_dot.size() - 3)));
  EXPECT_FALSE(parse_boost_list("no list"));
  std::string more(k_dot);
  more.insert(more.find("tu65536["), "tux[color=green,label=\"x|f(7)\"];\n");
  EXPECT_EQ(parse_boost_list(more)->cases, list->cases);
}

}  // namespace
}  // namespace holdfast
