/*
 * meta_pg_conn.c - statements sent, answers read.
 *
 * What was sent is remembered as a row of kinds: preparing a statement and ending a row of them have
 * answers of their own, which nobody asks for and which are read in passing.
 *
 * Numbers are sent as text, so that the server gives them the width that the statement wants; strings
 * and bytes, and all that comes back, are binary.
 */

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meta_pg_libpq.h"

#define PARAMS_MAX 65535	/* of the protocol */

enum kind { PREPARE, STATEMENT, STREAM, SYNC };

#define KIND(entry) ((enum kind)((entry) & 3))
#define NAME(entry) ((entry) >> 2)

bool
pg_conn_broken(const struct pg_conn *c)
{
	return c->broken;
}

bool
pg_conn_idle_check(struct pg_conn *c)
{
	short got;

	/* first comes what it has to say, then the end */
	for (int i = 0; i < 3 && !c->broken && c->pending == 0 && pg_wait(c, POLLIN, 0, &got); i++)
		if (PQconsumeInput(c->pg) == 0 || PQstatus(c->pg) == CONNECTION_BAD)
			c->broken = true;
	return !c->broken;
}

/* --- sending ----------------------------------------------------------------------------------- */

static int
is_up(const struct pg_conn *c, struct err *err)
{
	if (!c->broken)
		return 0;
	return err_set(err, META_EUNAVAILABLE, "the database cannot be reached");
}

/* Room for two kinds more, so that what was handed to libpq can be noted. */
static bool
queue_room(struct pg_conn *c)
{
	size_t room = c->room == 0 ? 64 : 2 * c->room;
	uint16_t *p;

	if (c->head == c->tail)
		c->head = c->tail = 0;
	if (c->tail + 2 <= c->room)
		return true;
	if ((p = reallocarray(c->queue, room, sizeof(*p))) == NULL)
		return false;
	c->queue = p;
	c->room = room;
	return true;
}

static void
queue_put(struct pg_conn *c, enum kind kind, int name)
{
	c->queue[c->tail++] = (uint16_t)((unsigned)kind | (unsigned)name << 2);
	c->pending += kind == STATEMENT || kind == STREAM;
}

/* What libpq wants to have beside one another. */
struct values {
	const char **values;
	int *lengths, *formats;
	char (*numbers)[24];
};

static bool
values_init(struct values *v, const struct meta_param *p, size_t n)
{
	v->values = calloc(n + 1, sizeof(*v->values));
	v->lengths = calloc(n + 1, sizeof(*v->lengths));
	v->formats = calloc(n + 1, sizeof(*v->formats));
	v->numbers = calloc(n + 1, sizeof(*v->numbers));
	if (v->values == NULL || v->lengths == NULL || v->formats == NULL || v->numbers == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i].type == PARAM_INT) {
			snprintf(v->numbers[i], sizeof(v->numbers[i]), "%lld", (long long)p[i].i);
			v->values[i] = v->numbers[i];
		} else if (p[i].type != PARAM_NULL) {
			v->values[i] = p[i].p;
			v->lengths[i] = (int)p[i].len;
			v->formats[i] = 1;
		}
	}
	return true;
}

static void
values_fini(struct values *v)
{
	free(v->values);
	free(v->lengths);
	free(v->formats);
	free(v->numbers);
}

/* Prepare a statement unless it is; false when libpq would not have it. */
static bool
prepare(struct pg_conn *c, int name, const char *known, const char *sql, size_t n)
{
	if (c->prepared[name])
		return true;
	if (PQsendPrepare(c->pg, known, sql, (int)n, NULL) != 1)
		return false;
	queue_put(c, PREPARE, name);
	c->prepared[name] = true;
	return true;
}

int
pg_send(struct pg_conn *c, int name, const char *sql, const struct meta_param *p, size_t n,
    bool stream, struct err *err)
{
	struct values v = { 0 };
	char known[16];
	int rc, sent = 0;

	assert(name < PG_NAMES_MAX && n <= PARAMS_MAX);
	if ((rc = is_up(c, err)) != 0)
		return rc;
	if (!values_init(&v, p, n) || !queue_room(c)) {
		rc = err_set(err, META_ENOMEM, "no memory for a statement");
		goto out;
	}
	snprintf(known, sizeof(known), "c%d", name);
	if (name < 0)
		sent = PQsendQueryParams(c->pg, sql, (int)n, NULL, v.values, v.lengths, v.formats, 1);
	else if (prepare(c, name, known, sql, n))
		sent = PQsendQueryPrepared(c->pg, known, (int)n, v.values, v.lengths, v.formats, 1);
	if (sent == 1)
		queue_put(c, stream ? STREAM : STATEMENT, 0);
	else
		rc = pg_break(c, err, PQerrorMessage(c->pg));
out:
	values_fini(&v);
	return rc;
}

int
pg_sync(struct pg_conn *c, struct err *err)
{
	int rc;

	if ((rc = is_up(c, err)) != 0)
		return rc;
	if (!queue_room(c))
		return pg_break(c, err, "no memory for a statement");
	if (PQpipelineSync(c->pg) != 1)
		return pg_break(c, err, PQerrorMessage(c->pg));
	queue_put(c, SYNC, 0);
	(void)PQflush(c->pg);	/* a failure shows when the answer is waited for */
	return 0;
}

size_t
pg_pending(const struct pg_conn *c)
{
	return c->pending;
}

/* --- answers ----------------------------------------------------------------------------------- */

/* Send and take in what can be, until an answer can be read.  The server must not be silent for `ms`. */
static int
wait_answer(struct pg_conn *c, int ms, struct err *err)
{
	short got;
	int unsent;

	while ((unsent = PQflush(c->pg)) > 0 || PQisBusy(c->pg)) {
		if (!pg_wait(c, unsent > 0 ? POLLIN | POLLOUT : POLLIN, pg_clock() + ms, &got)) {
			char why[64];

			snprintf(why, sizeof(why), "it has been silent for %d seconds", ms / 1000);
			return pg_break(c, err, why);
		}
		if ((got & ~POLLOUT) != 0 && PQconsumeInput(c->pg) == 0)
			break;	/* what it said before it hung up is still there to be read */
	}
	return 0;
}

/* The next result, NULL at the end of a statement.  0 or a broken connection. */
static int
next_result(struct pg_conn *c, int ms, struct err *err)
{
	int rc;

	PQclear(c->res);
	c->res = NULL;
	if ((rc = wait_answer(c, ms, err)) == 0)
		c->res = PQgetResult(c->pg);
	return rc;
}

/* Read what stands before the oldest statement: answers to preparing, and ends of rows. */
static int
pass(struct pg_conn *c, int ms, struct err *err)
{
	int rc;

	while (c->head < c->tail && KIND(c->queue[c->head]) != STATEMENT &&
	    KIND(c->queue[c->head]) != STREAM) {
		enum kind kind = KIND(c->queue[c->head]);

		if ((rc = next_result(c, ms, err)) != 0)
			return rc;
		if (c->res == NULL)
			return pg_break(c, err, "an answer is missing");
		if (PQresultStatus(c->res) == PGRES_FATAL_ERROR) {
			c->failed = pg_failure(c, c->res, &c->why);
			if (c->broken || kind == SYNC)
				return pg_break(c, err, c->why.text);
			c->failed = c->failed < 0 ? c->failed : META_EIO;
		}
		if (kind == PREPARE && PQresultStatus(c->res) != PGRES_COMMAND_OK)
			c->prepared[NAME(c->queue[c->head])] = false;	/* also when it was skipped */
		if (kind == SYNC)
			c->failed = 0;
		else if ((rc = next_result(c, ms, err)) != 0)	/* the NULL behind it */
			return rc;
		PQclear(c->res);
		c->res = NULL;
		c->head++;
	}
	return 0;
}

/* A result of the oldest statement.  True: it has rows to give. */
static bool
take_result(struct pg_conn *c)
{
	switch (PQresultStatus(c->res)) {
	case PGRES_TUPLES_OK:
	case PGRES_SINGLE_TUPLE:
	case PGRES_COMMAND_OK:
		c->row = 0;
		c->changed = strtoull(PQcmdTuples(c->res), NULL, 10);
		c->undone = strcmp(PQcmdStatus(c->res), "ROLLBACK") == 0;
		return PQntuples(c->res) > 0;
	case PGRES_PIPELINE_ABORTED:
		c->end = c->failed != 0 ? c->failed : META_EIO;
		if (c->why.text[0] == '\0')
			err_set(&c->why, c->end, "the database has not run a statement");
		return false;
	default:
		c->end = c->failed = pg_failure(c, c->res, &c->why);
		return false;
	}
}

/* The oldest statement is over. */
static int
over(struct pg_conn *c, struct err *err)
{
	int end = c->end;

	c->begun = false;
	c->head++;
	c->pending--;
	if (end != META_END && err != NULL)
		*err = c->why;
	return end;
}

int
pg_next(struct pg_conn *c, int ms, struct err *err)
{
	int rc;

	if ((rc = is_up(c, err)) != 0 || (!c->begun && (rc = pass(c, ms, err)) != 0))
		return rc;
	assert(c->head < c->tail);
	if (!c->begun) {
		c->begun = true;
		c->end = META_END;
		if (c->failed == 0)
			c->why.text[0] = '\0';
		if (KIND(c->queue[c->head]) == STREAM)
			(void)PQsetSingleRowMode(c->pg);
	} else if (c->res != NULL && ++c->row < PQntuples(c->res)) {
		return 0;
	}
	for (;;) {
		if ((rc = next_result(c, ms, err)) != 0)
			return rc;
		if (c->res == NULL)
			return over(c, err);
		if (take_result(c))
			return 0;
		if (c->broken) {
			if (err != NULL)
				*err = c->why;
			return META_EUNAVAILABLE;
		}
	}
}

int
pg_skip(struct pg_conn *c, int ms, struct err *err)
{
	int rc;

	while ((rc = pg_next(c, ms, err)) == 0)
		;
	return rc;
}

int
pg_drain(struct pg_conn *c, int ms, struct err *err)
{
	struct err later;
	int rc, first = 0;

	/* what was queued when memory ran out has no end yet */
	if (c->head < c->tail && KIND(c->queue[c->tail - 1]) != SYNC)
		(void)pg_sync(c, &later);
	while (c->pending > 0 && !c->broken)
		if ((rc = pg_skip(c, ms, first == 0 ? err : &later)) != META_END && first == 0)
			first = rc;
	if (first == 0 && (rc = is_up(c, err)) != 0)
		first = rc;
	if (first == 0)
		first = pass(c, ms, err);
	else
		(void)(c->broken || pass(c, ms, &later));
	return first;
}

int
pg_query(struct pg_conn *c, const char *sql, const struct meta_param *p, size_t n, int ms,
    struct err *err)
{
	int rc;

	if ((rc = pg_send(c, -1, sql, p, n, false, err)) != 0 || (rc = pg_sync(c, err)) != 0)
		return rc;
	return pg_next(c, ms, err);
}

int
pg_exec(struct pg_conn *c, const char *sql, const struct meta_param *p, size_t n, int ms,
    struct err *err)
{
	int rc = pg_query(c, sql, p, n, ms, err);

	if (rc == 0)
		rc = pg_skip(c, ms, err);
	return rc == META_END ? 0 : rc;
}

uint64_t
pg_changed(const struct pg_conn *c)
{
	return c->changed;
}

bool
pg_undone(const struct pg_conn *c)
{
	return c->undone;
}

/* --- columns, in the binary format: big-endian ------------------------------------------------- */

int64_t
pg_int(const struct pg_conn *c, int column)
{
	const unsigned char *p = (const unsigned char *)PQgetvalue(c->res, c->row, column);
	int n = PQgetlength(c->res, c->row, column);
	uint64_t u = 0;

	for (int i = 0; i < n && i < 8; i++)
		u = u << 8 | p[i];
	return n == 4 ? (int32_t)u : (int64_t)u;
}

const void *
pg_bytes(const struct pg_conn *c, int column, size_t *len)
{
	*len = (size_t)PQgetlength(c->res, c->row, column);
	return PQgetisnull(c->res, c->row, column) ? NULL : PQgetvalue(c->res, c->row, column);
}

int
pg_columns(const struct pg_conn *c)
{
	return PQnfields(c->res);
}
