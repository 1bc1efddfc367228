#pragma once
/* gRPC's C core behind opaque types. The library is loaded at first use, never linked: a program that makes no call does not
   pay for it. All that the core writes to lives in structs of fixed address; batches are built here. */
#include <stddef.h>
#include <stdint.h>

typedef struct flow_grpc_queue flow_grpc_queue;
typedef struct flow_grpc_server flow_grpc_server;
typedef struct flow_grpc_channel flow_grpc_channel;
typedef struct flow_grpc_call flow_grpc_call;

/* Loads the library once. 1, or 0 with the reason. */
int flow_grpc_load(const char **error);

/* What an event is about. */
enum {
  FLOW_GRPC_ARRIVED = 0, /* a server call came in */
  FLOW_GRPC_READ,        /* a message was asked for and came, or none will */
  FLOW_GRPC_WRITTEN,     /* a message was taken by the transport */
  FLOW_GRPC_CLOSED,      /* server: the call is over, or was cancelled; client: its status is known */
  FLOW_GRPC_FINISHED,    /* server: the status was taken by the transport */
  FLOW_GRPC_STARTED,     /* client: headers went out and came in */
  FLOW_GRPC_STATE,       /* client: the channel's connection changed */
  FLOW_GRPC_SHUTDOWN,    /* server: nothing is left */
  FLOW_GRPC_KINDS
};

typedef struct flow_grpc_event {
  void *owner;
  int32_t kind;
  int32_t ok;
} flow_grpc_event;

flow_grpc_queue *flow_grpc_queue_create(void);
/* Waits for the next event: 1 event, 0 when the queue was shut down and is empty. */
int flow_grpc_queue_next(flow_grpc_queue *queue, flow_grpc_event *event);
void flow_grpc_queue_shutdown(flow_grpc_queue *queue);
void flow_grpc_queue_destroy(flow_grpc_queue *queue);

typedef struct flow_grpc_settings {
  int32_t message_bytes;  /* both ways */
  int32_t metadata_bytes;
  int32_t streams;        /* server: at once on one connection */
  int32_t keepalive_ms, keepalive_timeout_ms;
  int32_t reconnect_ms;     /* client: longest time of one attempt to connect and between two; 0 for the core's (20 s and 2 min) */
  int32_t ping_interval_ms; /* server: clients may ping this often */
  const char *authority;    /* client: may be null */
  const char *target_name;  /* client: the name to look for in the server's certificate; may be null */
} flow_grpc_settings;

/* PEM texts. A server needs cert and key and asks for client certificates when ca is there; a client may have any. */
typedef struct flow_grpc_tls {
  const char *cert, *key, *ca;
} flow_grpc_tls;

flow_grpc_server *flow_grpc_server_create(flow_grpc_queue *queue, const flow_grpc_settings *settings);
/* Null for an illegal or repeated path. with_payload: the request's only message comes with the call. */
void *flow_grpc_server_method(flow_grpc_server *server, const char *path, int with_payload);
/* The bound port; 0 with the reason in error (valid until the next call on this thread), -1 for unusable certificates. */
int flow_grpc_server_listen(flow_grpc_server *server, const char *address, const flow_grpc_tls *tls, const char **error);
void flow_grpc_server_start(flow_grpc_server *server);
/* No new calls; SHUTDOWN comes when the last one is gone. */
void flow_grpc_server_shutdown(flow_grpc_server *server, void *owner);
void flow_grpc_server_cancel_all(flow_grpc_server *server);
void flow_grpc_server_destroy(flow_grpc_server *server);

/* Null when the credentials are unusable. */
flow_grpc_channel *flow_grpc_channel_create(const char *target, const flow_grpc_settings *settings, const flow_grpc_tls *tls);
/* 0 idle, 1 connecting, 2 ready, 3 failing, 4 shut down. */
int flow_grpc_channel_state(flow_grpc_channel *channel, int try_to_connect);
void flow_grpc_channel_watch(
  flow_grpc_channel *channel, flow_grpc_queue *queue, int seen, int64_t timeout_ms, flow_grpc_call *watch);
void flow_grpc_channel_destroy(flow_grpc_channel *channel);

/* One call of either side. */
flow_grpc_call *flow_grpc_call_create(void);
/* Who is handed back with each of its events; to be set while no batch is under way. */
void flow_grpc_call_set_owner(flow_grpc_call *call, void *owner);
void flow_grpc_call_destroy(flow_grpc_call *call);

/* Functions below that return int return 1 when the batch was started, so that its event will come. */

/* Waits for a call of the method, or of any unknown method when it is null. with_payload as when it was registered. */
int flow_grpc_call_request(
  flow_grpc_call *call, flow_grpc_server *server, void *method, int with_payload, flow_grpc_queue *queue);

typedef struct flow_grpc_status {
  int32_t code;
  const char *message;
  size_t message_size;
  /* Trailers: for each 4 bytes key size, 4 bytes value size (little endian), key, value. */
  const uint8_t *trailers;
  size_t trailers_size;
} flow_grpc_status;

/* A unary answer in one batch: FINISHED. Bytes only go out with status 0. */
int flow_grpc_call_respond(
  flow_grpc_call *call, const uint8_t *bytes, size_t size, const flow_grpc_status *status, int with_close);
/* Sends the headers and waits for the end: CLOSED. */
int flow_grpc_call_open_stream(flow_grpc_call *call);
/* Waits for the end: CLOSED. */
int flow_grpc_call_watch_close(flow_grpc_call *call);
int flow_grpc_call_send(flow_grpc_call *call, const uint8_t *bytes, size_t size);
int flow_grpc_call_receive(flow_grpc_call *call);
int flow_grpc_call_finish(flow_grpc_call *call, const flow_grpc_status *status);
void flow_grpc_call_cancel(flow_grpc_call *call, int code, const char *message);

/* Client: everything of a unary call in one batch: CLOSED. */
typedef struct flow_grpc_request {
  flow_grpc_channel *channel;
  flow_grpc_queue *queue;
  const char *path;
  int64_t timeout_ms; /* below 0: none */
  int32_t wait_for_ready;
  int32_t keep_open; /* a stream from the client: no first message, sends may follow */
  const uint8_t *bytes;
  size_t size;
  const uint8_t *headers; /* as trailers above */
  size_t headers_size;
} flow_grpc_request;
int flow_grpc_call_start_unary(flow_grpc_call *call, const flow_grpc_request *request);
/* STARTED and later CLOSED; messages are asked for with receive. */
int flow_grpc_call_start_stream(flow_grpc_call *call, const flow_grpc_request *request);
int flow_grpc_call_close_sending(flow_grpc_call *call);

/* What came. */
int flow_grpc_call_has_message(const flow_grpc_call *call);
size_t flow_grpc_call_message_size(const flow_grpc_call *call);
void flow_grpc_call_take_message(flow_grpc_call *call, uint8_t *into, size_t size);
int flow_grpc_call_cancelled(const flow_grpc_call *call);
int flow_grpc_call_status(const flow_grpc_call *call);
const char *flow_grpc_call_status_message(const flow_grpc_call *call, size_t *size);
/* Milliseconds since 1970, or -1 for none. */
int64_t flow_grpc_call_deadline_ms(const flow_grpc_call *call);
/* malloc'ed; free with free(). Null when it is not known. */
char *flow_grpc_call_peer(const flow_grpc_call *call);
/* Method of a call that came for no known method. */
const char *flow_grpc_call_path(const flow_grpc_call *call, size_t *size);

typedef struct flow_grpc_pair {
  const char *key;
  size_t key_size;
  const uint8_t *value;
  size_t value_size;
} flow_grpc_pair;
/* trailers 0: request headers on a server, the answer's headers on a client; 1: trailers on a client. */
size_t flow_grpc_call_metadata_count(const flow_grpc_call *call, int trailers);
flow_grpc_pair flow_grpc_call_metadata_at(const flow_grpc_call *call, int trailers, size_t index);
