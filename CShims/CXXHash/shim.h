#ifndef UPDRAFT_CXXHASH_SHIM_H
#define UPDRAFT_CXXHASH_SHIM_H

#include <xxhash.h>

#endif
