/*
 * metrics.h - what this program counts, and the daemon's numbers beside it, for Prometheus.
 */

#ifndef HTTP_METRICS_H
#define HTTP_METRICS_H

#include <jansson.h>
#include <stdint.h>

#include "buf.h"
#include "route.h"

/* To be called once, before any thread. */
void metrics_init(void);

/* A request to `r` (NULL: to no route) was answered with `code` after `ns` nanoseconds.  Any
 * thread. */
void metrics_request(const struct route *r, int code, int64_t ns);

/* Connections of clients: one more, or one less. */
void metrics_connections(int change);

/* The operation that a route counts as: the wire's, or its own name. */
const char *metrics_op(const struct route *r);

/* This program's numbers, in the text format of Prometheus. */
void metrics_print(struct buf *b);

/* The daemon's, as its operation `metrics` told them; NULL when it did not. */
void metrics_print_daemon(struct buf *b, const json_t *m);

/* --- the text format --- */

/* "# HELP" and "# TYPE" of a metric. */
void metrics_head(struct buf *b, const char *name, const char *type, const char *help);

/* A line; `labels` is NULL or between braces. */
void metrics_line(struct buf *b, const char *name, const char *labels, double value);

#endif
