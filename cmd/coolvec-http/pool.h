/*
 * pool.h - connections to the daemon, and the exchanges that wait for one.
 *
 * Each thread has a pool of its own, whose sockets are in the thread's epoll set; nothing here
 * locks. An exchange gets a connection that is free, or a new one, or waits its turn.  A daemon
 * that is not there is tried again for POOL_PATIENCE_MS before an exchange is told, so that its
 * restart is a delay and not an error.
 */

#ifndef HTTP_POOL_H
#define HTTP_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "exchange.h"

#define POOL_PATIENCE_MS 2000
#define POOL_ANSWER_MS 300000	/* an answer is waited for this long */

struct pool;
struct link;

/*
 * At most `max` connections to the socket at `path` (borrowed), watched by `epoll` with a struct
 * link * as the event's data.  `done` is called for each exchange that has its answer.  0, or -1.
 */
int pool_new(const char *path, size_t max, int epoll, void (*done)(struct exchange *x),
    struct pool **out, struct err *err);

/* Nothing may wait or be asked any more; see pool_abandon. */
void pool_free(struct pool *p);

/* Ask the daemon; x->state is EXCHANGE_ASKING.  `done` is not called from within. */
void pool_submit(struct pool *p, struct exchange *x);

/* The link's socket has something. */
void pool_event(struct pool *p, struct link *l);

/* To be called after a batch of events and at least every pool_wait milliseconds (-1: no need). */
void pool_tick(struct pool *p);
int pool_wait(const struct pool *p);

/* Exchanges that are asked or wait. */
size_t pool_busy(const struct pool *p);

/* Answer all of them with `unavailable` (or `unknown`), because the program stops. */
void pool_abandon(struct pool *p);

/* Milliseconds of the monotonic clock. */
int64_t pool_clock(void);

#endif
