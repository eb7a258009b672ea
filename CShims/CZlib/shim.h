#ifndef UPDRAFT_CZLIB_SHIM_H
#define UPDRAFT_CZLIB_SHIM_H

#include <string.h>
#include <zlib.h>

/* deflateInit2 is a macro, and 16 added to the window bits asks for a gzip header. */
static inline int updraft_gzip_begin(z_stream *stream, int level) {
  memset(stream, 0, sizeof *stream);
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
