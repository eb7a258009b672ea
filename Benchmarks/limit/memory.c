#include "memory.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void fail(const char *format, ...) {
  va_list values;
  va_start(values, format);
  fputs("limit: ", stderr);
  vfprintf(stderr, format, values);
  fputc('\n', stderr);
  va_end(values);
  exit(1);
}

void *allocate(size_t byte_count) {
  void *memory = malloc(byte_count ? byte_count : 1);
  if (!memory) fail("out of memory for %zu bytes", byte_count);
  return memory;
}

void *allocate_zeroed(size_t count, size_t size) {
  void *memory = calloc(count ? count : 1, size);
  if (!memory) fail("out of memory for %zu times %zu bytes", count, size);
  return memory;
}
