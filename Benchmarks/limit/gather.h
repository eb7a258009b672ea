#ifndef LIMIT_GATHER_H
#define LIMIT_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum { GATHER_SCRATCH_BYTES = 16 << 10, GATHER_SEGMENTS_MAX = 256 };

/* Bytes for one write: frame heads copied into the scratch area, bodies referenced where they lie.
 * One serves all connections of a loop, one after the other. */
struct gather {
  uv_buf_t segments[GATHER_SEGMENTS_MAX];
  bool is_copied[GATHER_SEGMENTS_MAX]; /* whether the segment lies in the scratch area */
  unsigned segment_count;
  size_t byte_count;
  size_t scratch_used;
  uint8_t scratch[GATHER_SCRATCH_BYTES];
};

void gather_clear(struct gather *gather);

/* Appends a copy; false (and nothing appended) when it and a reference after it don't fit. */
bool gather_copy(struct gather *gather, const uint8_t *bytes, size_t count);

/* Appends a reference, for which gather_copy() has left room; the bytes outlive the write. */
void gather_refer(struct gather *gather, const uint8_t *bytes, size_t count);

/* What a write has left over: copies of the copied segments, references to the others. */
struct pending_write {
  uv_write_t request;
  unsigned segment_count;
  uv_buf_t segments[]; /* the copied bytes follow the last one */
};

/* Everything in `gather` behind the first `sent` bytes; freed by free(). */
struct pending_write *gather_rest(const struct gather *gather, size_t sent);

#endif
