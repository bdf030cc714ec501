/* Batches of GoogleTest cases that know of Holdfast: docs/guide/gtest.md.
 *
 * CMake targets: Holdfast::gtest_main brings a main() of its own; Holdfast::gtest is for programs
 * that have one:
 *
 *   int main(int argc, char** argv) {
 *     testing::InitGoogleTest(&argc, argv);
 *     return holdfast::run_all_tests();
 *   }
 *
 * Without Holdfast, or where the test is no batch, it is RUN_ALL_TESTS(). C++11 and later,
 * GoogleTest 1.8 and later.
 */
#ifndef HOLDFAST_GTEST_H
#define HOLDFAST_GTEST_H

namespace holdfast {

/* In place of RUN_ALL_TESTS(), once, after InitGoogleTest(). What main() did before is the
 * start-up that cases share with isolation `fork`; there it returns once in the process of each
 * case, and once, with 0, in the process that forked them. */
int run_all_tests();

/* To be called before run_all_tests(), or in a case: a process in which a case failed is not
 * trusted with the next one. It leaves its marker, flushes what it has printed and exits with 1
 * when the failed case is over, and the remaining cases go on in a fresh process. Nothing runs
 * at that exit: no destructors of static objects, no atexit(). Without Holdfast it does nothing. */
void retire_worker_after_failure();

} /* namespace holdfast */

#endif
