#include "gather.h"

#include <string.h>

#include "memory.h"

void gather_clear(struct gather *gather) {
  gather->segment_count = 0;
  gather->byte_count = 0;
  gather->scratch_used = 0;
}

bool gather_copy(struct gather *gather, const uint8_t *bytes, size_t count) {
  if (gather->scratch_used + count > GATHER_SCRATCH_BYTES ||
      gather->segment_count + 2 > GATHER_SEGMENTS_MAX)
    return false;
  uint8_t *place = gather->scratch + gather->scratch_used;
  memcpy(place, bytes, count);
  gather->scratch_used += count;
  gather->byte_count += count;
  unsigned last = gather->segment_count - 1;
  if (gather->segment_count > 0 && gather->is_copied[last]) {
    gather->segments[last].len += count; /* the scratch area is filled without gaps */
    return true;
  }
  gather->is_copied[gather->segment_count] = true;
  gather->segments[gather->segment_count++] = uv_buf_init((char *)place, (unsigned)count);
  return true;
}

void gather_refer(struct gather *gather, const uint8_t *bytes, size_t count) {
  if (count == 0) return;
  gather->is_copied[gather->segment_count] = false;
  gather->segments[gather->segment_count++] =
      uv_buf_init((char *)(uintptr_t)bytes, (unsigned)count);
  gather->byte_count += count;
}

struct pending_write *gather_rest(const struct gather *gather, size_t sent) {
  struct pending_write *rest = allocate(
      sizeof *rest + gather->segment_count * sizeof rest->segments[0] + gather->scratch_used);
  char *copies = (char *)(rest->segments + gather->segment_count);
  rest->segment_count = 0;
  for (unsigned i = 0; i < gather->segment_count; i++) {
    uv_buf_t segment = gather->segments[i];
    size_t skipped = sent < segment.len ? sent : segment.len;
    sent -= skipped;
    segment.base += skipped;
    segment.len -= skipped;
    if (segment.len == 0) continue;
    if (gather->is_copied[i]) {
      memcpy(copies, segment.base, segment.len);
      segment.base = copies;
      copies += segment.len;
    }
    rest->segments[rest->segment_count++] = segment;
  }
  return rest;
}
