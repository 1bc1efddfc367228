#pragma once
#include <microhttpd.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

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

/* MHD_start_daemon is variadic and so invisible to Swift: pass an option array instead. The logger must come first. */
static inline struct MHD_Daemon *flow_mhd_start(const struct flow_mhd_options *o, MHD_AccessHandlerCallback handler) {
  /* Not epoll: with 128 ready connections at once, 0.9.75 waits again before it serves them (seen at 256 requests in flight). */
  unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
  struct MHD_OptionItem items[12];
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
