/*
 * meta_pg_libpq.h - what the two files that talk to libpq share.  Nothing else includes libpq-fe.h.
 *
 * meta_pg_connect.c connects, meta_pg_conn.c sends statements and reads answers.
 */

#ifndef META_PG_LIBPQ_H
#define META_PG_LIBPQ_H

#include <libpq-fe.h>

#include "meta_pg_conn.h"


struct pg_conn {
	PGconn *pg;
	PGresult *res;		/* of the oldest statement; or NULL */
	int row;		/* in it */
	bool begun;		/* something of the oldest statement's answer was asked for */
	int end;		/* what it ends with */
	struct err why;		/* when `end` is a failure or an answer */
	int failed;		/* why the server skips statements up to the next SYNC; or 0 */
	uint64_t changed;
	bool undone;
	bool broken;
	bool prepared[PG_NAMES_MAX];
	uint16_t *queue;		/* kinds, oldest first; a PREPARE with its name */
	size_t head, tail, room;
	size_t pending;		/* statements in it */
};

/* Break the connection: the failure, with libpq's words made one line. */
int pg_break(struct pg_conn *c, struct err *err, const char *why);

/* What a failed result means, as pg_next answers it. */
int pg_failure(struct pg_conn *c, const PGresult *res, struct err *err);

/* Wait until the socket has one of `events`, until `deadline` on pg_clock.  False: it has passed. */
bool pg_wait(const struct pg_conn *c, short events, int64_t deadline, short *got);
int64_t pg_clock(void);		/* ms */

#endif
