#ifndef UPDRAFT_CMALLOC_SHIM_H
#define UPDRAFT_CMALLOC_SHIM_H

#include <malloc.h>

#endif
