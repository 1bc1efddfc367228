#include "CFlowCurl.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

/* curl's header wraps these three in macros of the same name. */
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

#define FIELD(name) __typeof__(&name) name;
static struct { FLOW_CURL_FUNCTIONS(FIELD) } table;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char failure[256];

static void load(void) {
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(failure, sizeof failure, "%s", dlerror());
    return;
  }
#define RESOLVE(name)                                                              \
  table.name = (__typeof__(&name))dlsym(library, #name);                           \
  if (!table.name) {                                                               \
    snprintf(failure, sizeof failure, "libcurl.so.4 is too old: it has no " #name); \
    return;                                                                        \
  }
  FLOW_CURL_FUNCTIONS(RESOLVE)
  CURLcode code = table.curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) snprintf(failure, sizeof failure, "%s", table.curl_easy_strerror(code));
}

int flow_curl_load(const char **reason) {
  pthread_once(&once, load);
  *reason = failure;
  return failure[0] ? -1 : 0;
}

CURL *flow_curl_easy_init(void) { return table.curl_easy_init(); }
void flow_curl_easy_cleanup(CURL *easy) { table.curl_easy_cleanup(easy); }
CURLcode flow_curl_set_long(CURL *easy, CURLoption option, long value) { return table.curl_easy_setopt(easy, option, value); }
CURLcode flow_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) { return table.curl_easy_setopt(easy, option, value); }
CURLcode flow_curl_set_string(CURL *easy, CURLoption option, const char *value) { return table.curl_easy_setopt(easy, option, value); }
CURLcode flow_curl_set_pointer(CURL *easy, CURLoption option, const void *value) { return table.curl_easy_setopt(easy, option, value); }
CURLcode flow_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) { return table.curl_easy_setopt(easy, option, value); }
CURLcode flow_curl_set_callback(CURL *easy, CURLoption option, flow_curl_data_callback callback) {
  return table.curl_easy_setopt(easy, option, callback);
}
CURLcode flow_curl_set_request_callback(CURL *easy, flow_curl_request_callback callback) {
  return table.curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback);
}
CURLcode flow_curl_get_long(CURL *easy, CURLINFO info, long *value) { return table.curl_easy_getinfo(easy, info, value); }
CURLcode flow_curl_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) { return table.curl_easy_getinfo(easy, info, value); }
const char *flow_curl_easy_strerror(CURLcode code) { return table.curl_easy_strerror(code); }
struct curl_slist *flow_curl_slist_append(struct curl_slist *list, const char *text) { return table.curl_slist_append(list, text); }
void flow_curl_slist_free(struct curl_slist *list) { table.curl_slist_free_all(list); }

CURLM *flow_curl_multi_init(void) { return table.curl_multi_init(); }
void flow_curl_multi_cleanup(CURLM *multi) { table.curl_multi_cleanup(multi); }
CURLMcode flow_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) { return table.curl_multi_setopt(multi, option, value); }
CURLMcode flow_curl_multi_add(CURLM *multi, CURL *easy) { return table.curl_multi_add_handle(multi, easy); }
CURLMcode flow_curl_multi_remove(CURLM *multi, CURL *easy) { return table.curl_multi_remove_handle(multi, easy); }
CURLMcode flow_curl_multi_perform(CURLM *multi) {
  int running;
  return table.curl_multi_perform(multi, &running);
}
CURLMcode flow_curl_multi_poll(CURLM *multi, int timeout_ms) { return table.curl_multi_poll(multi, 0, 0, timeout_ms, 0); }
CURLMcode flow_curl_multi_wakeup(CURLM *multi) { return table.curl_multi_wakeup(multi); }

void *flow_curl_multi_finished(CURLM *multi, CURLcode *result) {
  int left;
  CURLMsg *message;
  while ((message = table.curl_multi_info_read(multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    void *context = 0;
    *result = message->data.result;
    table.curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &context);
    return context;
  }
  return 0;
}

const char *flow_curl_multi_strerror(CURLMcode code) { return table.curl_multi_strerror(code); }
