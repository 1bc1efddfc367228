#pragma once
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void *(*flow_mhd_target_callback)(void *context, const char *target, struct MHD_Connection *connection);
typedef void (*flow_mhd_log_callback)(const char *line);

struct flow_mhd_options {
  int listen_socket; /* bound and listening; MHD closes it */
  uint32_t connections_max;
  uint32_t idle_timeout_s;
  size_t connection_bytes; /* bounds the header section of one request */
  uint32_t threads;
  const char *certificate; /* PEM, or null for plain HTTP; must outlive the daemon */
  const char *key;
  const char *client_authorities; /* PEM, or null to ask clients for nothing; must outlive the daemon */
  MHD_RequestCompletedCallback completed;
  flow_mhd_target_callback target;
  flow_mhd_log_callback log;
  void *context;
};

/* MHD hands its log lines over as a format and a va_list, which Swift can not take. */
static void flow_mhd_log(void *callback, const char *format, va_list arguments) {
  char line[512];
  vsnprintf(line, sizeof line, format, arguments);
  ((flow_mhd_log_callback)callback)(line);
}

/* What is known of a client's certificate; kept with its connection, since checking one costs a signature. */
enum flow_mhd_client { FLOW_CLIENT_UNSEEN, FLOW_CLIENT_GOOD, FLOW_CLIENT_NONE, FLOW_CLIENT_LATE, FLOW_CLIENT_PURPOSE, FLOW_CLIENT_STRANGE };

static void flow_mhd_connection(void *context, struct MHD_Connection *connection, void **kept, enum MHD_ConnectionNotificationCode code) {
  (void)context, (void)connection;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    *kept = calloc(1, sizeof(int));
  } else {
    free(*kept);
    *kept = NULL;
  }
}

/* MHD asks for a certificate when it has authorities, and leaves looking at it to us. */
static inline int flow_mhd_verify_client(gnutls_session_t session) {
  unsigned count = 0, status = 0;
  if (!gnutls_certificate_get_peers(session, &count) || count == 0) return FLOW_CLIENT_NONE;
  gnutls_typed_vdata_st purpose = {GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT, 0};
  if (gnutls_certificate_verify_peers(session, &purpose, 1, &status) != 0) return FLOW_CLIENT_STRANGE;
  if (status == 0) return FLOW_CLIENT_GOOD;
  if (status & (GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNATURE_FAILURE | GNUTLS_CERT_SIGNER_NOT_CA)) return FLOW_CLIENT_STRANGE;
  if (status & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED)) return FLOW_CLIENT_LATE;
  return status & GNUTLS_CERT_PURPOSE_MISMATCH ? FLOW_CLIENT_PURPOSE : FLOW_CLIENT_STRANGE;
}

static inline int flow_mhd_client(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  int *kept = info ? info->socket_context : NULL;
  if (kept && *kept != FLOW_CLIENT_UNSEEN) return *kept;
  info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  int found = info && info->tls_session ? flow_mhd_verify_client(info->tls_session) : FLOW_CLIENT_NONE;
  if (kept) *kept = found;
  return found;
}

/* Why certificate and key, or authorities (each may be null), can not be used; null when they can. `part`: 0 pair, 1 authorities.
   MHD says it less well, and libgrpc not at all. */
static inline const char *flow_tls_problem(const char *certificate, const char *key, const char *authorities, int *part) {
  gnutls_certificate_credentials_t credentials;
  *part = 0;
  int code = gnutls_certificate_allocate_credentials(&credentials);
  if (code < 0) return gnutls_strerror(code);
  if (certificate && key) {
    gnutls_datum_t pair[2] = {{(unsigned char *)certificate, strlen(certificate)}, {(unsigned char *)key, strlen(key)}};
    code = gnutls_certificate_set_x509_key_mem(credentials, &pair[0], &pair[1], GNUTLS_X509_FMT_PEM);
  }
  if (code >= 0 && authorities) {
    *part = 1;
    gnutls_datum_t trusted = {(unsigned char *)authorities, strlen(authorities)};
    code = gnutls_certificate_set_x509_trust_mem(credentials, &trusted, GNUTLS_X509_FMT_PEM);
    if (code == 0) code = GNUTLS_E_NO_CERTIFICATE_FOUND;
  }
  gnutls_certificate_free_credentials(credentials);
  return code < 0 ? gnutls_strerror(code) : NULL;
}

/* MHD_start_daemon is variadic and so invisible to Swift: pass an option array instead. The logger must come first. */
static inline struct MHD_Daemon *flow_mhd_start(const struct flow_mhd_options *o, MHD_AccessHandlerCallback handler) {
  /* Not epoll: with 128 ready connections at once, 0.9.75 waits again before it serves them (seen at 256 requests in flight). */
  unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
  struct MHD_OptionItem items[16];
  int n = 0;
  items[n++] = (struct MHD_OptionItem){MHD_OPTION_LISTEN_SOCKET, o->listen_socket, 0};
  items[n++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_LIMIT, o->connections_max, 0};
  items[n++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_TIMEOUT, o->idle_timeout_s, 0};
  items[n++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)o->connection_bytes, 0};
  items[n++] = (struct MHD_OptionItem){MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)o->completed, o->context};
  items[n++] = (struct MHD_OptionItem){MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)o->target, o->context};
  if (o->threads > 1) items[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, o->threads, 0};
  if (o->certificate) {
    flags |= MHD_USE_TLS;
    items[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)o->certificate};
    items[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)o->key};
    items[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)"SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"};
  }
  if (o->client_authorities) {
    items[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, (void *)o->client_authorities};
    items[n++] = (struct MHD_OptionItem){MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)flow_mhd_connection, NULL};
  }
  items[n++] = (struct MHD_OptionItem){MHD_OPTION_END, 0, 0};
  return MHD_start_daemon(flags, 0, 0, 0, handler, o->context, MHD_OPTION_EXTERNAL_LOGGER, flow_mhd_log, (void *)o->log,
                          MHD_OPTION_ARRAY, items, MHD_OPTION_END);
}

/* MHD's enums are closed, so that the names of their values do not come into Swift. */
static inline struct MHD_Response *flow_mhd_response(size_t size, const void *bytes) {
  return MHD_create_response_from_buffer(size, (void *)bytes, MHD_RESPMEM_MUST_COPY);
}

static inline int flow_mhd_headers(struct MHD_Connection *connection, MHD_KeyValueIterator each, void *context) {
  return MHD_get_connection_values(connection, MHD_HEADER_KIND, each, context);
}
