/* Lets a GoogleTest program take part in a batch of Holdfast: docs/guide/gtest.md.
 *
 * CMake targets: Holdfast::gtest_main has a main() of its own; Holdfast::gtest is for programs that
 * have one. With the GNU linker, lld or mold, a call of RUN_ALL_TESTS() needs no change, and this
 * header is not needed:
 *
 *   int main(int argc, char** argv) {
 *     testing::InitGoogleTest(&argc, argv);
 *     return RUN_ALL_TESTS();
 *   }
 *
 * It needs C++11 and GoogleTest 1.8 or later.
 */
#ifndef HOLDFAST_GTEST_H
#define HOLDFAST_GTEST_H

namespace holdfast {

/* The same as RUN_ALL_TESTS(), also where the linker has no option --wrap. Without Holdfast, or if
 * the test is no batch, it does nothing else. With isolation `fork`, what main() did before is the
 * start-up that all cases share. The function then returns once in the process of each case, and
 * once, with 0, in the process that forked them: what main() does next happens in each of them. */
int run_all_tests();

/* Call this before run_all_tests(), or in a case. A process in which a case failed then runs no
 * further case: when that case is over, the process writes its marker, flushes what it has printed
 * and exits with 1. The remaining cases run in a fresh process. At that exit no destructors of
 * static objects and no atexit() functions run. Without Holdfast this does nothing. */
void retire_worker_after_failure();

} /* namespace holdfast */

#endif
