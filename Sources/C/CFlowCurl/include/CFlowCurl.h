#pragma once
/* libcurl behind dlopen: programs that make no HTTP call must not pay for loading it and its many dependencies.
   Types and constants come from curl's header; the functions are reached through flow_curl() once flow_curl_load() gave 0. */
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>
#include <stddef.h>

/* Every function of libcurl that is used. One row here is all that a new one needs. */
#define FLOW_CURL_FUNCTIONS(X) \
  X(curl_global_init)          \
  X(curl_easy_init)            \
  X(curl_easy_cleanup)         \
  X(curl_easy_setopt)          \
  X(curl_easy_getinfo)         \
  X(curl_easy_strerror)        \
  X(curl_slist_append)         \
  X(curl_slist_free_all)       \
  X(curl_multi_init)           \
  X(curl_multi_cleanup)        \
  X(curl_multi_setopt)         \
  X(curl_multi_add_handle)     \
  X(curl_multi_remove_handle)  \
  X(curl_multi_perform)        \
  X(curl_multi_poll)           \
  X(curl_multi_wakeup)         \
  X(curl_multi_info_read)      \
  X(curl_multi_strerror)

/* Loads libcurl once; later calls give the first result. 0, or -1 with the reason in *reason (never freed). Thread safe. */
int flow_curl_load(const char **reason);

typedef size_t (*flow_curl_data_callback)(char *data, size_t size, size_t count, void *context);

CURL *flow_curl_easy_init(void);
void flow_curl_easy_cleanup(CURL *easy);
/* curl_easy_setopt and curl_easy_getinfo are variadic and so invisible to Swift: one function a type. */
CURLcode flow_curl_set_long(CURL *easy, CURLoption option, long value);
CURLcode flow_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value);
CURLcode flow_curl_set_string(CURL *easy, CURLoption option, const char *value);
CURLcode flow_curl_set_pointer(CURL *easy, CURLoption option, const void *value);
CURLcode flow_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value);
CURLcode flow_curl_set_callback(CURL *easy, CURLoption option, flow_curl_data_callback callback);
typedef int (*flow_curl_request_callback)(void *context, char *remote, char *local, int remote_port, int local_port);
CURLcode flow_curl_set_request_callback(CURL *easy, flow_curl_request_callback callback);
CURLcode flow_curl_get_long(CURL *easy, CURLINFO info, long *value);
CURLcode flow_curl_get_offset(CURL *easy, CURLINFO info, curl_off_t *value);
const char *flow_curl_easy_strerror(CURLcode code);
struct curl_slist *flow_curl_slist_append(struct curl_slist *list, const char *text);
void flow_curl_slist_free(struct curl_slist *list);

CURLM *flow_curl_multi_init(void);
void flow_curl_multi_cleanup(CURLM *multi);
CURLMcode flow_curl_multi_set_long(CURLM *multi, CURLMoption option, long value);
CURLMcode flow_curl_multi_add(CURLM *multi, CURL *easy);
CURLMcode flow_curl_multi_remove(CURLM *multi, CURL *easy);
CURLMcode flow_curl_multi_perform(CURLM *multi);
CURLMcode flow_curl_multi_poll(CURLM *multi, int timeout_ms);
CURLMcode flow_curl_multi_wakeup(CURLM *multi);
/* The next finished transfer: its CURLOPT_PRIVATE pointer, or null when there is none. */
void *flow_curl_multi_finished(CURLM *multi, CURLcode *result);
const char *flow_curl_multi_strerror(CURLMcode code);
