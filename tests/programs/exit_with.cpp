// exit_with N: exits with N.
#include <cstdlib>

int main(int count, char** words) { return count > 1 ? std::atoi(words[1]) : 0; }
