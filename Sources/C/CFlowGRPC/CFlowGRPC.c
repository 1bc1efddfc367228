#include "CFlowGRPC.h"

#include <dlfcn.h>
#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/support/alloc.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the library ---- */

#define CORE_FUNCTIONS(X) \
  X(grpc_init) X(grpc_completion_queue_create_for_next) X(grpc_completion_queue_next) X(grpc_completion_queue_shutdown) \
  X(grpc_completion_queue_destroy) X(grpc_server_create) X(grpc_server_register_method) X(grpc_server_register_completion_queue) \
  X(grpc_server_add_http2_port) X(grpc_server_start) X(grpc_server_shutdown_and_notify) X(grpc_server_cancel_all_calls) \
  X(grpc_server_destroy) X(grpc_server_request_call) X(grpc_server_request_registered_call) X(grpc_server_credentials_release) \
  X(grpc_insecure_server_credentials_create) X(grpc_ssl_server_credentials_create_ex) X(grpc_insecure_credentials_create) \
  X(grpc_ssl_credentials_create) X(grpc_channel_credentials_release) X(grpc_channel_create) X(grpc_channel_create_call) \
  X(grpc_channel_check_connectivity_state) X(grpc_channel_watch_connectivity_state) X(grpc_channel_destroy) \
  X(grpc_call_start_batch) X(grpc_call_cancel_with_status) X(grpc_call_unref) X(grpc_call_get_peer) \
  X(grpc_call_details_init) X(grpc_call_details_destroy) X(grpc_metadata_array_init) X(grpc_metadata_array_destroy) \
  X(grpc_slice_from_copied_buffer) X(grpc_slice_unref) X(grpc_empty_slice) X(grpc_raw_byte_buffer_create) \
  X(grpc_byte_buffer_destroy) X(grpc_byte_buffer_length) X(grpc_byte_buffer_reader_init) X(grpc_byte_buffer_reader_peek) \
  X(grpc_byte_buffer_reader_destroy) X(gpr_now) X(gpr_time_add) X(gpr_time_from_millis) X(gpr_inf_future) X(gpr_time_cmp) \
  X(gpr_convert_clock_type) X(gpr_free) X(gpr_set_log_function)

static struct {
#define X(name) __typeof__(&name) name;
  CORE_FUNCTIONS(X)
#undef X
} core;

static pthread_once_t loading = PTHREAD_ONCE_INIT;
static char load_error[256];

/* The core only logs why an address could not be bound, on the thread that asked. */
static _Thread_local char last_log[1024];

static void keep_log(gpr_log_func_args *line) { snprintf(last_log, sizeof last_log, "%s", line->message); }

static void load(void) {
  void *gpr = dlopen("libgpr.so.29", RTLD_LAZY | RTLD_LOCAL);
  void *grpc = gpr ? dlopen("libgrpc.so.29", RTLD_LAZY | RTLD_LOCAL) : NULL;
  if (!grpc) {
    snprintf(load_error, sizeof load_error, "%s", dlerror());
    return;
  }
  void *symbol;
#define X(name) \
  symbol = dlsym(strncmp(#name, "gpr_", 4) == 0 ? gpr : grpc, #name); \
  if (!symbol) { \
    snprintf(load_error, sizeof load_error, "libgrpc.so.29 has no " #name); \
    return; \
  } \
  memcpy(&core.name, &symbol, sizeof symbol);
  CORE_FUNCTIONS(X)
#undef X
  /* Failed handshakes of strangers are no news for standard error; GRPC_VERBOSITY brings the core's own log back. */
  if (!getenv("GRPC_VERBOSITY")) core.gpr_set_log_function(keep_log);
  core.grpc_init();
}

int flow_grpc_load(const char **error) {
  pthread_once(&loading, load);
  if (load_error[0]) *error = load_error;
  return !load_error[0];
}

/* ---- small things ---- */

static gpr_timespec deadline_in(int64_t ms) {
  if (ms < 0) return core.gpr_inf_future(GPR_CLOCK_MONOTONIC);
  return core.gpr_time_add(core.gpr_now(GPR_CLOCK_MONOTONIC), core.gpr_time_from_millis(ms, GPR_TIMESPAN));
}

static grpc_byte_buffer *buffer_of(const uint8_t *bytes, size_t size) {
  grpc_slice slice = core.grpc_slice_from_copied_buffer((const char *)bytes, size);
  grpc_byte_buffer *buffer = core.grpc_raw_byte_buffer_create(&slice, 1);
  core.grpc_slice_unref(slice);
  return buffer;
}

typedef struct {
  grpc_arg items[24];
  grpc_channel_args args;
} arguments;

static void add_int(arguments *to, const char *key, int value) {
  grpc_arg *arg = &to->items[to->args.num_args++];
  arg->type = GRPC_ARG_INTEGER;
  arg->key = (char *)key;
  arg->value.integer = value;
}

static void add_string(arguments *to, const char *key, const char *value) {
  if (!value) return;
  grpc_arg *arg = &to->items[to->args.num_args++];
  arg->type = GRPC_ARG_STRING;
  arg->key = (char *)key;
  arg->value.string = (char *)value;
}

static void add_common(arguments *to, const flow_grpc_settings *settings) {
  memset(to, 0, sizeof *to);
  to->args.args = to->items;
  add_int(to, GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, settings->message_bytes);
  add_int(to, GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, settings->message_bytes);
  add_int(to, GRPC_ARG_MAX_METADATA_SIZE, settings->metadata_bytes);
  add_int(to, GRPC_ARG_KEEPALIVE_TIME_MS, settings->keepalive_ms);
  add_int(to, GRPC_ARG_KEEPALIVE_TIMEOUT_MS, settings->keepalive_timeout_ms);
  if (settings->reconnect_ms > 0) {
    add_int(to, GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, settings->reconnect_ms < 100 ? settings->reconnect_ms : 100);
    add_int(to, GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, settings->reconnect_ms);
    add_int(to, GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, settings->reconnect_ms);
  }
  /* Identity only: the core unpacks gzip without a bound. */
  add_int(to, GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1);
}

/* ---- completion queue ---- */

typedef struct {
  void *owner;
  int32_t kind;
} event_tag;

static grpc_completion_queue *core_queue(flow_grpc_queue *queue) { return (grpc_completion_queue *)queue; }

flow_grpc_queue *flow_grpc_queue_create(void) { return (flow_grpc_queue *)core.grpc_completion_queue_create_for_next(NULL); }

int flow_grpc_queue_next(flow_grpc_queue *queue, flow_grpc_event *event) {
  grpc_event next = core.grpc_completion_queue_next(core_queue(queue), core.gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
  if (next.type != GRPC_OP_COMPLETE) return 0;
  event_tag *tag = next.tag;
  event->owner = tag->owner;
  event->kind = tag->kind;
  event->ok = next.success;
  return 1;
}

void flow_grpc_queue_shutdown(flow_grpc_queue *queue) { core.grpc_completion_queue_shutdown(core_queue(queue)); }

void flow_grpc_queue_destroy(flow_grpc_queue *queue) { core.grpc_completion_queue_destroy(core_queue(queue)); }

/* ---- server ---- */

struct flow_grpc_server {
  grpc_server *server;
  grpc_completion_queue *queue;
  event_tag shutdown;
};

flow_grpc_server *flow_grpc_server_create(flow_grpc_queue *queue, const flow_grpc_settings *settings) {
  arguments arguments;
  add_common(&arguments, settings);
  /* Two servers on one port would share its calls at random. */
  add_int(&arguments, GRPC_ARG_ALLOW_REUSEPORT, 0);
  add_int(&arguments, GRPC_ARG_MAX_CONCURRENT_STREAMS, settings->streams);
  add_int(&arguments, GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  add_int(&arguments, GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, settings->ping_interval_ms);
  flow_grpc_server *server = calloc(1, sizeof *server);
  server->queue = core_queue(queue);
  server->server = core.grpc_server_create(&arguments.args, NULL);
  core.grpc_server_register_completion_queue(server->server, server->queue, NULL);
  return server;
}

void *flow_grpc_server_method(flow_grpc_server *server, const char *path, int with_payload) {
  return core.grpc_server_register_method(
    server->server, path, NULL, with_payload ? GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER : GRPC_SRM_PAYLOAD_NONE, 0);
}

static grpc_server_credentials *server_credentials(const flow_grpc_tls *tls) {
  if (!tls) return core.grpc_insecure_server_credentials_create();
  grpc_ssl_pem_key_cert_pair pair = {tls->key, tls->cert};
  return core.grpc_ssl_server_credentials_create_ex(
    tls->ca, &pair, 1,
    tls->ca ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE, NULL);
}

int flow_grpc_server_listen(flow_grpc_server *server, const char *address, const flow_grpc_tls *tls, const char **error) {
  last_log[0] = 0;
  *error = last_log;
  grpc_server_credentials *credentials = server_credentials(tls);
  if (!credentials) return -1;
  int port = core.grpc_server_add_http2_port(server->server, address, credentials);
  core.grpc_server_credentials_release(credentials);
  return port;
}

void flow_grpc_server_start(flow_grpc_server *server) { core.grpc_server_start(server->server); }

void flow_grpc_server_shutdown(flow_grpc_server *server, void *owner) {
  server->shutdown = (event_tag){owner, FLOW_GRPC_SHUTDOWN};
  core.grpc_server_shutdown_and_notify(server->server, server->queue, &server->shutdown);
}

void flow_grpc_server_cancel_all(flow_grpc_server *server) { core.grpc_server_cancel_all_calls(server->server); }

void flow_grpc_server_destroy(flow_grpc_server *server) {
  core.grpc_server_destroy(server->server);
  free(server);
}

/* ---- channel ---- */

static grpc_channel *core_channel(flow_grpc_channel *channel) { return (grpc_channel *)channel; }

flow_grpc_channel *flow_grpc_channel_create(const char *target, const flow_grpc_settings *settings, const flow_grpc_tls *tls) {
  arguments arguments;
  add_common(&arguments, settings);
  /* A proxy from the environment must not see calls to a neighbour. */
  add_int(&arguments, GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  add_int(&arguments, GRPC_ARG_ENABLE_RETRIES, 0);
  add_int(&arguments, GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  add_int(&arguments, GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  add_int(&arguments, GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  add_string(&arguments, GRPC_ARG_DEFAULT_AUTHORITY, settings->authority);
  add_string(&arguments, GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, settings->target_name);
  grpc_channel_credentials *credentials = NULL;
  if (tls) {
    grpc_ssl_pem_key_cert_pair pair = {tls->key, tls->cert};
    credentials = core.grpc_ssl_credentials_create(tls->ca, tls->cert ? &pair : NULL, NULL, NULL);
  } else {
    credentials = core.grpc_insecure_credentials_create();
  }
  if (!credentials) return NULL;
  grpc_channel *channel = core.grpc_channel_create(target, credentials, &arguments.args);
  core.grpc_channel_credentials_release(credentials);
  return (flow_grpc_channel *)channel;
}

int flow_grpc_channel_state(flow_grpc_channel *channel, int try_to_connect) {
  return core.grpc_channel_check_connectivity_state(core_channel(channel), try_to_connect);
}

void flow_grpc_channel_destroy(flow_grpc_channel *channel) { core.grpc_channel_destroy(core_channel(channel)); }

/* ---- call ---- */

struct flow_grpc_call {
  grpc_call *call;
  event_tag tags[FLOW_GRPC_KINDS];
  grpc_metadata_array headers, trailers;
  grpc_call_details details;
  gpr_timespec deadline;
  grpc_byte_buffer *message;
  int cancelled;
  grpc_status_code status;
  grpc_slice status_message;
  /* What was sent must outlive its batch. */
  grpc_slice sent_message;
  grpc_metadata *sent;
  size_t sent_count;
};

flow_grpc_call *flow_grpc_call_create(void) {
  flow_grpc_call *call = calloc(1, sizeof *call);
  for (int32_t kind = 0; kind < FLOW_GRPC_KINDS; kind++) call->tags[kind] = (event_tag){NULL, kind};
  core.grpc_metadata_array_init(&call->headers);
  core.grpc_metadata_array_init(&call->trailers);
  core.grpc_call_details_init(&call->details);
  call->deadline = core.gpr_inf_future(GPR_CLOCK_MONOTONIC);
  call->status_message = core.grpc_empty_slice();
  call->sent_message = core.grpc_empty_slice();
  return call;
}

void flow_grpc_call_set_owner(flow_grpc_call *call, void *owner) {
  for (int32_t kind = 0; kind < FLOW_GRPC_KINDS; kind++) call->tags[kind].owner = owner;
}

static void free_sent(flow_grpc_call *call) {
  for (size_t i = 0; i < call->sent_count; i++) {
    core.grpc_slice_unref(call->sent[i].key);
    core.grpc_slice_unref(call->sent[i].value);
  }
  free(call->sent);
  call->sent = NULL;
  call->sent_count = 0;
}

void flow_grpc_call_destroy(flow_grpc_call *call) {
  if (call->message) core.grpc_byte_buffer_destroy(call->message);
  core.grpc_metadata_array_destroy(&call->headers);
  core.grpc_metadata_array_destroy(&call->trailers);
  core.grpc_call_details_destroy(&call->details);
  core.grpc_slice_unref(call->status_message);
  core.grpc_slice_unref(call->sent_message);
  if (call->call) core.grpc_call_unref(call->call);
  free_sent(call);
  free(call);
}

/* Unpacks keys and values; sizes were laid down by our own side, and are checked all the same. */
static void set_sent(flow_grpc_call *call, const uint8_t *packed, size_t size) {
  free_sent(call);
  size_t count = 0;
  for (int pass = 0; pass < 2; pass++) {
    size_t at = 0, index = 0;
    while (size - at >= 8) {
      uint32_t key, value;
      memcpy(&key, packed + at, 4);
      memcpy(&value, packed + at + 4, 4);
      at += 8;
      if ((size_t)key + value > size - at) break;
      if (pass == 1) {
        call->sent[index].key = core.grpc_slice_from_copied_buffer((const char *)packed + at, key);
        call->sent[index].value = core.grpc_slice_from_copied_buffer((const char *)packed + at + key, value);
      }
      index++;
      at += (size_t)key + value;
    }
    count = index;
    if (count == 0) return;
    if (pass == 0) call->sent = calloc(count, sizeof *call->sent);
  }
  call->sent_count = count;
}

static int start(flow_grpc_call *call, const grpc_op *ops, size_t count, int kind) {
  return core.grpc_call_start_batch(call->call, ops, count, &call->tags[kind], NULL) == GRPC_CALL_OK;
}

static void status_op(flow_grpc_call *call, grpc_op *op, const flow_grpc_status *status) {
  set_sent(call, status->trailers, status->trailers_size);
  core.grpc_slice_unref(call->sent_message);
  call->sent_message = core.grpc_slice_from_copied_buffer(status->message, status->message_size);
  op->op = GRPC_OP_SEND_STATUS_FROM_SERVER;
  op->data.send_status_from_server.status = (grpc_status_code)status->code;
  op->data.send_status_from_server.status_details = status->message_size ? &call->sent_message : NULL;
  op->data.send_status_from_server.trailing_metadata = call->sent;
  op->data.send_status_from_server.trailing_metadata_count = call->sent_count;
}

static void close_op(flow_grpc_call *call, grpc_op *op) {
  op->op = GRPC_OP_RECV_CLOSE_ON_SERVER;
  op->data.recv_close_on_server.cancelled = &call->cancelled;
}

int flow_grpc_call_request(
  flow_grpc_call *call, flow_grpc_server *server, void *method, int with_payload, flow_grpc_queue *queue) {
  grpc_completion_queue *cq = core_queue(queue);
  event_tag *tag = &call->tags[FLOW_GRPC_ARRIVED];
  grpc_call_error error =
    method
      ? core.grpc_server_request_registered_call(
          server->server, method, &call->call, &call->deadline, &call->headers, with_payload ? &call->message : NULL, cq, cq, tag)
      : core.grpc_server_request_call(server->server, &call->call, &call->details, &call->headers, cq, cq, tag);
  return error == GRPC_CALL_OK;
}

int flow_grpc_call_respond(
  flow_grpc_call *call, const uint8_t *bytes, size_t size, const flow_grpc_status *status, int with_close) {
  grpc_op ops[4];
  memset(ops, 0, sizeof ops);
  size_t count = 0;
  grpc_byte_buffer *message = NULL;
  ops[count++].op = GRPC_OP_SEND_INITIAL_METADATA;
  if (status->code == 0) {
    message = buffer_of(bytes, size);
    ops[count].op = GRPC_OP_SEND_MESSAGE;
    ops[count++].data.send_message.send_message = message;
  }
  status_op(call, &ops[count++], status);
  if (with_close) close_op(call, &ops[count++]);
  int started = start(call, ops, count, FLOW_GRPC_FINISHED);
  if (message) core.grpc_byte_buffer_destroy(message);
  return started;
}

int flow_grpc_call_open_stream(flow_grpc_call *call) {
  grpc_op ops[2];
  memset(ops, 0, sizeof ops);
  ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
  close_op(call, &ops[1]);
  return start(call, ops, 2, FLOW_GRPC_CLOSED);
}

int flow_grpc_call_watch_close(flow_grpc_call *call) {
  grpc_op op;
  memset(&op, 0, sizeof op);
  close_op(call, &op);
  return start(call, &op, 1, FLOW_GRPC_CLOSED);
}

int flow_grpc_call_send(flow_grpc_call *call, const uint8_t *bytes, size_t size) {
  grpc_op op;
  memset(&op, 0, sizeof op);
  op.op = GRPC_OP_SEND_MESSAGE;
  op.data.send_message.send_message = buffer_of(bytes, size);
  int started = start(call, &op, 1, FLOW_GRPC_WRITTEN);
  core.grpc_byte_buffer_destroy(op.data.send_message.send_message);
  return started;
}

int flow_grpc_call_receive(flow_grpc_call *call) {
  if (call->message) core.grpc_byte_buffer_destroy(call->message);
  call->message = NULL;
  grpc_op op;
  memset(&op, 0, sizeof op);
  op.op = GRPC_OP_RECV_MESSAGE;
  op.data.recv_message.recv_message = &call->message;
  return start(call, &op, 1, FLOW_GRPC_READ);
}

int flow_grpc_call_finish(flow_grpc_call *call, const flow_grpc_status *status) {
  grpc_op op;
  memset(&op, 0, sizeof op);
  status_op(call, &op, status);
  return start(call, &op, 1, FLOW_GRPC_FINISHED);
}

void flow_grpc_call_cancel(flow_grpc_call *call, int code, const char *message) {
  if (call->call) core.grpc_call_cancel_with_status(call->call, (grpc_status_code)code, message, NULL);
}

/* ---- client calls ---- */

static void create_call(flow_grpc_call *call, const flow_grpc_request *request) {
  grpc_slice path = core.grpc_slice_from_copied_buffer(request->path, strlen(request->path));
  call->deadline = deadline_in(request->timeout_ms);
  call->call = core.grpc_channel_create_call(
    core_channel(request->channel), NULL, GRPC_PROPAGATE_DEFAULTS, core_queue(request->queue), path, NULL, call->deadline, NULL);
  core.grpc_slice_unref(path);
  set_sent(call, request->headers, request->headers_size);
}

static void headers_out_op(flow_grpc_call *call, grpc_op *op, const flow_grpc_request *request) {
  op->op = GRPC_OP_SEND_INITIAL_METADATA;
  op->flags = request->wait_for_ready ? GRPC_INITIAL_METADATA_WAIT_FOR_READY | GRPC_INITIAL_METADATA_WAIT_FOR_READY_EXPLICITLY_SET : 0;
  op->data.send_initial_metadata.metadata = call->sent;
  op->data.send_initial_metadata.count = call->sent_count;
}

static void status_in_op(flow_grpc_call *call, grpc_op *op) {
  op->op = GRPC_OP_RECV_STATUS_ON_CLIENT;
  op->data.recv_status_on_client.trailing_metadata = &call->trailers;
  op->data.recv_status_on_client.status = &call->status;
  op->data.recv_status_on_client.status_details = &call->status_message;
}

int flow_grpc_call_start_unary(flow_grpc_call *call, const flow_grpc_request *request) {
  create_call(call, request);
  grpc_op ops[6];
  memset(ops, 0, sizeof ops);
  grpc_byte_buffer *message = buffer_of(request->bytes, request->size);
  headers_out_op(call, &ops[0], request);
  ops[1].op = GRPC_OP_SEND_MESSAGE;
  ops[1].data.send_message.send_message = message;
  ops[2].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
  ops[3].op = GRPC_OP_RECV_INITIAL_METADATA;
  ops[3].data.recv_initial_metadata.recv_initial_metadata = &call->headers;
  ops[4].op = GRPC_OP_RECV_MESSAGE;
  ops[4].data.recv_message.recv_message = &call->message;
  status_in_op(call, &ops[5]);
  int started = start(call, ops, 6, FLOW_GRPC_CLOSED);
  core.grpc_byte_buffer_destroy(message);
  return started;
}

int flow_grpc_call_start_stream(flow_grpc_call *call, const flow_grpc_request *request) {
  create_call(call, request);
  grpc_op ops[4];
  memset(ops, 0, sizeof ops);
  size_t count = 0;
  grpc_byte_buffer *message = NULL;
  headers_out_op(call, &ops[count++], request);
  ops[count].op = GRPC_OP_RECV_INITIAL_METADATA;
  ops[count++].data.recv_initial_metadata.recv_initial_metadata = &call->headers;
  if (!request->keep_open) {
    message = buffer_of(request->bytes, request->size);
    ops[count].op = GRPC_OP_SEND_MESSAGE;
    ops[count++].data.send_message.send_message = message;
    ops[count++].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
  }
  int started = start(call, ops, count, FLOW_GRPC_STARTED);
  if (message) core.grpc_byte_buffer_destroy(message);
  if (!started) return 0;
  memset(ops, 0, sizeof ops);
  status_in_op(call, &ops[0]);
  /* The first batch is on its way; this one can only be refused for a mistake of ours. */
  if (!start(call, ops, 1, FLOW_GRPC_CLOSED)) abort();
  return 1;
}

int flow_grpc_call_close_sending(flow_grpc_call *call) {
  grpc_op op;
  memset(&op, 0, sizeof op);
  op.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
  return start(call, &op, 1, FLOW_GRPC_FINISHED);
}

void flow_grpc_channel_watch(
  flow_grpc_channel *channel, flow_grpc_queue *queue, int seen, int64_t timeout_ms, flow_grpc_call *watch) {
  core.grpc_channel_watch_connectivity_state(
    core_channel(channel), (grpc_connectivity_state)seen, deadline_in(timeout_ms), core_queue(queue), &watch->tags[FLOW_GRPC_STATE]);
}

/* ---- what came ---- */

int flow_grpc_call_has_message(const flow_grpc_call *call) { return call->message != NULL; }

size_t flow_grpc_call_message_size(const flow_grpc_call *call) {
  return call->message ? core.grpc_byte_buffer_length(call->message) : 0;
}

void flow_grpc_call_take_message(flow_grpc_call *call, uint8_t *into, size_t size) {
  grpc_byte_buffer_reader reader;
  if (call->message && core.grpc_byte_buffer_reader_init(&reader, call->message)) {
    grpc_slice *slice;
    size_t at = 0;
    while (core.grpc_byte_buffer_reader_peek(&reader, &slice)) {
      size_t part = GRPC_SLICE_LENGTH(*slice);
      if (part > size - at) part = size - at;
      memcpy(into + at, GRPC_SLICE_START_PTR(*slice), part);
      at += part;
    }
    core.grpc_byte_buffer_reader_destroy(&reader);
  }
  if (call->message) core.grpc_byte_buffer_destroy(call->message);
  call->message = NULL;
}

int flow_grpc_call_cancelled(const flow_grpc_call *call) { return call->cancelled; }

int flow_grpc_call_status(const flow_grpc_call *call) { return (int)call->status; }

const char *flow_grpc_call_status_message(const flow_grpc_call *call, size_t *size) {
  *size = GRPC_SLICE_LENGTH(call->status_message);
  return (const char *)GRPC_SLICE_START_PTR(call->status_message);
}

int64_t flow_grpc_call_deadline_ms(const flow_grpc_call *call) {
  gpr_timespec deadline = call->deadline;
  if (core.gpr_time_cmp(deadline, core.gpr_inf_future(deadline.clock_type)) == 0) return -1;
  gpr_timespec wall = core.gpr_convert_clock_type(deadline, GPR_CLOCK_REALTIME);
  return wall.tv_sec * 1000 + wall.tv_nsec / 1000000;
}

char *flow_grpc_call_peer(const flow_grpc_call *call) {
  char *peer = call->call ? core.grpc_call_get_peer(call->call) : NULL;
  char *copy = peer ? strdup(peer) : NULL;
  if (peer) core.gpr_free(peer);
  return copy;
}

const char *flow_grpc_call_path(const flow_grpc_call *call, size_t *size) {
  *size = GRPC_SLICE_LENGTH(call->details.method);
  return (const char *)GRPC_SLICE_START_PTR(call->details.method);
}

size_t flow_grpc_call_metadata_count(const flow_grpc_call *call, int trailers) {
  return trailers ? call->trailers.count : call->headers.count;
}

flow_grpc_pair flow_grpc_call_metadata_at(const flow_grpc_call *call, int trailers, size_t index) {
  const grpc_metadata *item = &(trailers ? &call->trailers : &call->headers)->metadata[index];
  return (flow_grpc_pair){
    (const char *)GRPC_SLICE_START_PTR(item->key), GRPC_SLICE_LENGTH(item->key), GRPC_SLICE_START_PTR(item->value),
    GRPC_SLICE_LENGTH(item->value)};
}
