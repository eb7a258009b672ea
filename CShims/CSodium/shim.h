#ifndef UPDRAFT_CSODIUM_SHIM_H
#define UPDRAFT_CSODIUM_SHIM_H

#include <sodium.h>

#endif
