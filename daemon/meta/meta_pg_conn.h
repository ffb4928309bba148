/*
 * meta_pg_conn.h - one connection to PostgreSQL: statements go in, answers come out in the same
 * order.  Private to this folder; what is behind it is the only caller of libpq.
 *
 * The connection is always in libpq's pipeline mode: statements are queued with pg_send, pg_sync ends
 * a row of them and gets them on their way, and the answers are read one statement after the other.
 * When one fails, the server skips the others up to the next pg_sync, and those fail with it.
 *
 * Nothing waits for ever: whoever waits says how long the server may be silent, and a connection that
 * was silent longer, or was lost, is *broken*: everything fails with META_EUNAVAILABLE from then on.
 */

#ifndef META_PG_CONN_H
#define META_PG_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "meta_db.h"

#define PG_NAMES_MAX 128	/* statements that are kept prepared */
#define PG_CONNECT_MS 5000	/* unless the URI has a connect_timeout */
#define PG_QUICK_MS 8000	/* of silence */
#define PG_SLOW_MS 65000	/* where much may have to be done; above the server's own 60 s */

struct pg_conn;

/*
 * Connect, and set what holds for every session.  META_EUNAVAILABLE, META_ECORRUPT (a server that is
 * too old, or a database that is not in UTF-8), META_ENOMEM; no sentence has the password.
 */
int pg_conn_open(const char *uri, struct pg_conn **out, struct err *err);
void pg_conn_close(struct pg_conn *c);	/* NULL is fine */

bool pg_conn_broken(const struct pg_conn *c);

/* Has the server hung up while nothing was asked?  Notices without waiting, and breaks it then. */
bool pg_conn_idle_check(struct pg_conn *c);

/*
 * Queue a statement; the values are copied.  `name` at least 0: prepared under that number at its
 * first use on this connection and kept; below 0: used once.  `stream`: let rows come one at a time.
 */
int pg_send(struct pg_conn *c, int name, const char *sql, const struct meta_param *p, size_t n,
    bool stream, struct err *err);

/* End the row of statements and send what is queued, as far as it goes without waiting. */
int pg_sync(struct pg_conn *c, struct err *err);

/* Statements that were sent and whose answers have not been read to their end. */
size_t pg_pending(const struct pg_conn *c);

/*
 * The next row of the oldest statement: 0; META_END: it has no further one; or what it failed with,
 * META_EXISTS and META_NONE for a uniqueness or a reference.  After anything but 0 it is over, and
 * the next call is about the statement after it.  `ms`: how long the server may be silent.
 */
int pg_next(struct pg_conn *c, int ms, struct err *err);

/* Read the oldest statement to its end and drop its rows.  As pg_next; never 0. */
int pg_skip(struct pg_conn *c, int ms, struct err *err);

/* Read all that is pending to its end.  0, or the first failure or answer that was none of rows. */
int pg_drain(struct pg_conn *c, int ms, struct err *err);

/* One statement from its sending to its end.  0 or as pg_next. */
int pg_exec(struct pg_conn *c, const char *sql, const struct meta_param *p, size_t n, int ms,
    struct err *err);

/* One statement up to its first row; pg_skip is due after 0. */
int pg_query(struct pg_conn *c, const char *sql, const struct meta_param *p, size_t n, int ms,
    struct err *err);

/* Of the statement that ended last: the rows it changed, and whether it was an undone COMMIT. */
uint64_t pg_changed(const struct pg_conn *c);
bool pg_undone(const struct pg_conn *c);

/* A column of the row, borrowed until the next call; NULL for SQL's NULL. */
int64_t pg_int(const struct pg_conn *c, int column);
const void *pg_bytes(const struct pg_conn *c, int column, size_t *len);
int pg_columns(const struct pg_conn *c);

#endif
