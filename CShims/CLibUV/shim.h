#ifndef UPDRAFT_CLIBUV_SHIM_H
#define UPDRAFT_CLIBUV_SHIM_H

#include <uv.h>

#endif
