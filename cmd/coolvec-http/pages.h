/*
 * pages.h - what is not an operation: the probes, the metrics, the description and its page.
 */

#ifndef HTTP_PAGES_H
#define HTTP_PAGES_H

#include <jansson.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"
#include "exchange.h"

/* Make the description and the page, which stay until pages_fini.  0, or -1 and the reason. */
int pages_init(struct err *err);
void pages_fini(void);

/* Handlers of routes.  page_ready and page_metrics also get a reply that is an error. */
void page_health(struct exchange *x, const struct client_reply *r);
void page_ready(struct exchange *x, const struct client_reply *r);
void page_metrics(struct exchange *x, const struct client_reply *r);
void page_openapi(struct exchange *x, const struct client_reply *r);
void page_docs(struct exchange *x, const struct client_reply *r);

#endif
