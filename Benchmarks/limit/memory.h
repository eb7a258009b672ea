#ifndef LIMIT_MEMORY_H
#define LIMIT_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

/* Writes one line to standard error and ends the program with 1. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* malloc and calloc that end the program when there is no memory. */
void *allocate(size_t byte_count);
void *allocate_zeroed(size_t count, size_t size);

#endif
