/* A test in C that exits on purpose. */
#include <holdfast/mark.h>
#include <stdio.h>
#include <stdlib.h>

static int server_answers(void) { return 0; }

int main(void) {
  if (!server_answers()) {
    fprintf(stderr, "FAILED: the server does not answer\n");
    holdfast_mark_exit("the server does not answer");
    exit(1);
  }
  return 0;
}
