#ifndef UPDRAFT_CLIBSSL_SHIM_H
#define UPDRAFT_CLIBSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* OpenSSL's macros, which Swift can't see. */

static inline void updraft_ssl_ctx_limit(SSL_CTX *context, int certificate_bytes_max) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_max_cert_list(context, certificate_bytes_max);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
}

static inline int updraft_ssl_ctx_add_chain(SSL_CTX *context, X509 *certificate) {
  return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

static inline int updraft_ssl_set_sni(SSL *ssl, const char *name) {
  return (int)SSL_set_tlsext_host_name(ssl, name);
}

static inline void updraft_bio_retry_read(BIO *bio) { BIO_set_retry_read(bio); }

static inline void updraft_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }

static inline int updraft_error_library(unsigned long code) { return ERR_GET_LIB(code); }

static inline int updraft_error_reason(unsigned long code) { return ERR_GET_REASON(code); }

static inline int updraft_name_count(const GENERAL_NAMES *names) {
  return sk_GENERAL_NAME_num(names);
}

static inline const GENERAL_NAME *updraft_name_at(const GENERAL_NAMES *names, int index) {
  return sk_GENERAL_NAME_value(names, index);
}

/* The text of a DNS name; NULL for names of other kinds. */
static inline const ASN1_STRING *updraft_name_dns(const GENERAL_NAME *name) {
  return name->type == GEN_DNS ? name->d.dNSName : NULL;
}

static inline void updraft_print_name(BIO *bio, const X509_NAME *name) {
  X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE);
}

static inline EVP_PKEY *updraft_read_key(BIO *bio, pem_password_cb *refuse, void *asked) {
  return PEM_read_bio_PrivateKey(bio, NULL, refuse, asked);
}

#endif
