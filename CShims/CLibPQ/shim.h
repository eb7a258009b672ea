#ifndef UPDRAFT_CLIBPQ_SHIM_H
#define UPDRAFT_CLIBPQ_SHIM_H

#include <libpq-fe.h>

#endif
