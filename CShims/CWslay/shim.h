#ifndef UPDRAFT_CWSLAY_SHIM_H
#define UPDRAFT_CWSLAY_SHIM_H

#include <wslay/wslay.h>

#endif
