#ifndef UPDRAFT_COPENSSL_SHIM_H
#define UPDRAFT_COPENSSL_SHIM_H

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "certificates.h"

#endif
