#ifndef UPDRAFT_CZSTD_SHIM_H
#define UPDRAFT_CZSTD_SHIM_H

#include <zstd.h>

#endif
