#ifndef UPDRAFT_COPENSSL_SHIM_H
#define UPDRAFT_COPENSSL_SHIM_H

#include <openssl/evp.h>

#endif
