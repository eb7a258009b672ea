#ifndef UPDRAFT_COPENSSL_CERTIFICATES_H
#define UPDRAFT_COPENSSL_CERTIFICATES_H

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Swift sees neither macros with casts nor the generated functions of OpenSSL's typed stacks.

/// Points `bytes` at what a memory BIO holds, and returns their count.
static inline long updraft_bio_bytes(BIO *bio, char **bytes) {
  return BIO_get_mem_data(bio, bytes);
}

/// Prints a name on one line, `O = Updraft, CN = model-7`, control characters escaped.
static inline int updraft_print_name(BIO *bio, const X509_NAME *name) {
  return X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
}

/// The number of entries of a subjectAltName.
static inline int updraft_name_count(const GENERAL_NAMES *names) {
  return sk_GENERAL_NAME_num(names);
}

/// The text of an entry that is a DNS name; NULL for any other kind.
static inline const ASN1_IA5STRING *updraft_dns_name(const GENERAL_NAMES *names, int index) {
  const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
  return name != NULL && name->type == GEN_DNS ? name->d.dNSName : NULL;
}

#endif
