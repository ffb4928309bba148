/*
 * meta_builds.c - generations under construction.
 *
 * What an item's slot is in each generation stands in a table of its own, so that a build adds rows
 * and the switch is a change of one row, whatever the collection's size.  Renumbering the items in
 * one transaction was the other way: a million of them would stop every reader and writer for
 * seconds.
 */

#include "meta_db.h"

int
meta_build_add(struct meta_txn *t, const struct meta_build *b, struct err *err)
{
	return db_exec(t, SQL_BUILD_ADD,
	    PARAMS(param_u64(b->collection), param_u64(b->generation), param_int(b->embeds),
	    param_text(b->metric), param_int(b->dim), param_text(b->provider), param_text(b->model),
	    param_text(b->version), param_u64(b->identity), param_int(b->started)),
	    META_EXISTS, err);
}

static int
read_build(struct meta *m, struct meta_build *b, struct err *err)
{
	const enum meta_sql sql = SQL_BUILD_GET;
	int rc;

	*b = (struct meta_build){
		.collection = db_u64(m, sql, 0),
		.generation = db_u64(m, sql, 1),
		.embeds = db_int(m, sql, 2) != 0,
		.dim = (uint32_t)db_int(m, sql, 4),
		.identity = db_u64(m, sql, 8),
		.started = db_int(m, sql, 9),
	};
	if ((rc = db_copy(m, sql, 3, b->metric, sizeof(b->metric), err)) != 0 ||
	    (rc = db_copy(m, sql, 5, b->provider, sizeof(b->provider), err)) != 0 ||
	    (rc = db_copy(m, sql, 6, b->model, sizeof(b->model), err)) != 0)
		return rc;
	return db_copy(m, sql, 7, b->version, sizeof(b->version), err);
}

int
meta_build_get(struct meta *m, uint64_t collection, struct meta_build *b, struct err *err)
{
	int rc;

	meta_lock(m);
	rc = db_query(m, SQL_BUILD_GET, PARAMS(param_u64(collection)), err);
	if (rc == 0)
		rc = read_build(m, b, err);
	else if (rc == META_END)
		rc = META_NONE;
	db_done(m, SQL_BUILD_GET);
	meta_unlock(m);
	return rc;
}

int
meta_build_put(struct meta_txn *t, const struct meta_build *b, uint32_t from, uint32_t slot,
    uint32_t crc, struct err *err)
{
	return db_exec(t, SQL_BUILD_PUT,
	    PARAMS(param_u64(b->generation), param_int(slot), param_int(crc),
	    param_u64(b->collection), param_int(from)), META_NONE, err);
}

#define AHEAD_MAX 256

/* Some, all of which are on their way before the first answer is waited for. */
static int
put_some(struct meta_txn *t, const struct meta_build *b, struct meta_build_slot *s, size_t n,
    struct err *err)
{
	struct meta_param p[AHEAD_MAX][5] = { { { .type = PARAM_NULL } } };
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		p[i][0] = param_u64(b->generation);
		p[i][1] = param_int(s[i].slot);
		p[i][2] = param_int(s[i].crc);
		p[i][3] = param_u64(b->collection);
		p[i][4] = param_int(s[i].from);
	}
	db_ahead(t->m, SQL_BUILD_PUT, p[0], 5, n);
	for (size_t i = 0; i < n && rc >= 0; i++) {
		rc = db_exec(t, SQL_BUILD_PUT, p[i], 5, META_NONE, err);
		s[i].gone = rc == META_NONE;
		if (rc == META_EXISTS)
			rc = db_note(t, err_set(err, META_EIO, "slot %lld of a build is taken",
			    (long long)s[i].slot));
	}
	db_ahead_end(t->m);
	return rc < 0 ? rc : 0;
}

int
meta_build_put_all(struct meta_txn *t, const struct meta_build *b, struct meta_build_slot *s,
    size_t n, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i += AHEAD_MAX)
		rc = put_some(t, b, s + i, n - i < AHEAD_MAX ? n - i : AHEAD_MAX, err);
	return rc;
}

int
meta_build_walk(struct meta *m, const struct meta_build *b, uint64_t slot, size_t limit,
    int (*fn)(void *arg, uint32_t slot, uint32_t from, uint32_t crc), void *arg, struct err *err)
{
	int64_t most = limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
	int rc;

	meta_lock(m);
	rc = db_query(m, SQL_BUILD_WALK, PARAMS(param_u64(b->collection),
	    param_u64(b->generation), param_u64(slot), param_int(most)), err);
	while (rc == 0) {
		rc = fn(arg, (uint32_t)db_int(m, SQL_BUILD_WALK, 0),
		    (uint32_t)db_int(m, SQL_BUILD_WALK, 1), (uint32_t)db_int(m, SQL_BUILD_WALK, 2));
		if (rc == 0)
			rc = db_next(m, SQL_BUILD_WALK, err);
	}
	db_done(m, SQL_BUILD_WALK);
	meta_unlock(m);
	return rc == META_END ? 0 : rc;
}

int
meta_build_switch(struct meta_txn *t, const struct meta_build *b, uint32_t next_slot,
    struct err *err)
{
	int rc = meta_build_cancel(t, b->collection, err);

	if (rc != 0)
		return rc;
	return db_exec(t, SQL_BUILD_SWITCH,
	    PARAMS(param_u64(b->generation), param_text(b->metric), param_int(b->dim),
	    param_text(b->provider), param_text(b->model), param_text(b->version),
	    param_u64(b->identity), param_int(next_slot), param_u64(b->collection)),
	    META_NONE, err);
}

int
meta_build_cancel(struct meta_txn *t, uint64_t collection, struct err *err)
{
	return db_exec(t, SQL_BUILD_END, PARAMS(param_u64(collection)), META_NONE, err);
}

/* A piece that is not empty may not have been the last. */
int
meta_slots_sweep(struct meta_txn *t, uint64_t collection, uint64_t generation, size_t limit,
    struct err *err)
{
	int rc = db_exec(t, SQL_SLOTS_SWEEP, PARAMS(param_u64(collection), param_u64(generation),
	    param_int((int64_t)limit)), META_NONE, err);

	return rc == META_NONE ? 0 : rc == 0 ? 1 : rc;
}

int
meta_trim(struct meta *m, struct err *err)
{
	int rc;

	meta_lock(m);
	rc = m->backend->trim == NULL ? 0 : m->backend->trim(m->db, err);
	meta_unlock(m);
	return rc;
}
