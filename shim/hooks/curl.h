#ifndef SP_HOOKS_CURL_H
#define SP_HOOKS_CURL_H

/*
 * The one hook on libcurl. The true function takes a variable argument after
 * the option; on the processors we know any pointer or long is passed alike.
 */
int curl_easy_setopt(void *handle, int option, void *arg);

#endif
