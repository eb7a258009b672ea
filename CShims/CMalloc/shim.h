#ifndef UPDRAFT_CMALLOC_SHIM_H
#define UPDRAFT_CMALLOC_SHIM_H

/* mallopt and its options, which Swift's Glibc module leaves out. */
#include <malloc.h>

#endif
