#ifndef SP_HOOKS_CURL_H
#define SP_HOOKS_CURL_H

/* The hooks on libcurl: see curl.c. */

int curl_easy_setopt(void *handle, int option, void *arg);
int curl_easy_getinfo(void *handle, int info, void *arg);
int curl_easy_perform(void *handle);
void *curl_easy_duphandle(void *handle);
void curl_easy_reset(void *handle);
void curl_easy_cleanup(void *handle);
int curl_multi_add_handle(void *multi, void *handle);
int curl_multi_remove_handle(void *multi, void *handle);
int curl_multi_perform(void *multi, int *running);
int curl_multi_socket(void *multi, int fd, int *running);
int curl_multi_socket_action(void *multi, int fd, int what, int *running);
int curl_multi_socket_all(void *multi, int *running);
struct curl_msg *curl_multi_info_read(void *multi, int *left);
int curl_multi_setopt(void *multi, int option, void *arg);
int curl_multi_cleanup(void *multi);

/* Held by a fork in progress: every lock behind the hooks. */
void curl_fork_lock(void);
void curl_fork_unlock(void);

#endif
