/*
 * meta_collections.c - what collections there are, and their counters.
 */

#include <stdlib.h>

#include "meta_db.h"

int
meta_collection_add(struct meta_txn *t, struct meta_collection *c, struct err *err)
{
	return db_insert(t, SQL_COLLECTION_ADD,
	    PARAMS(param_u64(c->user), param_text(c->name), param_text(c->metric),
	    param_int(c->dim), param_int(c->M), param_int(c->ef_construction), param_u64(c->seed),
	    param_text(c->provider), param_text(c->model), param_text(c->version),
	    param_u64(c->identity), param_u64(c->generation), param_u64(c->next_id),
	    param_int(c->next_slot), param_u64(c->count), param_int(c->created),
	    param_text(c->codes)),
	    &c->number, err);
}

/* The collection in the row; the columns are in the order of COLLECTION in meta_sql.c. */
static int
read_collection(struct meta *m, enum meta_sql sql, struct meta_collection *c, struct err *err)
{
	int rc;

	c->number = db_u64(m, sql, 0);
	c->user = db_u64(m, sql, 1);
	c->dim = (uint32_t)db_int(m, sql, 4);
	c->M = (uint32_t)db_int(m, sql, 5);
	c->ef_construction = (uint32_t)db_int(m, sql, 6);
	c->seed = db_u64(m, sql, 7);
	c->identity = db_u64(m, sql, 11);
	c->generation = db_u64(m, sql, 12);
	c->next_id = db_u64(m, sql, 13);
	c->next_slot = (uint32_t)db_int(m, sql, 14);
	c->count = db_u64(m, sql, 15);
	c->created = db_int(m, sql, 16);
	if ((rc = db_copy(m, sql, 2, c->name, sizeof(c->name), err)) != 0 ||
	    (rc = db_copy(m, sql, 3, c->metric, sizeof(c->metric), err)) != 0 ||
	    (rc = db_copy(m, sql, 8, c->provider, sizeof(c->provider), err)) != 0 ||
	    (rc = db_copy(m, sql, 9, c->model, sizeof(c->model), err)) != 0 ||
	    (rc = db_copy(m, sql, 10, c->version, sizeof(c->version), err)) != 0 ||
	    (rc = db_copy(m, sql, 17, c->codes, sizeof(c->codes), err)) != 0)
		return rc;
	return 0;
}

static int
find_collection(struct meta *m, enum meta_sql sql, const struct meta_param *p, size_t n,
    struct meta_collection *c, struct err *err)
{
	int rc;

	meta_lock(m);
	rc = db_query(m, sql, p, n, err);
	if (rc == 0)
		rc = read_collection(m, sql, c, err);
	else if (rc == META_END)
		rc = META_NONE;
	db_done(m, sql);
	meta_unlock(m);
	return rc;
}

int
meta_collection_find(struct meta *m, uint64_t user, const char *name, struct meta_collection *c,
    struct err *err)
{
	return find_collection(m, SQL_COLLECTION_FIND,
	    PARAMS(param_u64(user), param_text(name)), c, err);
}

int
meta_collection_get(struct meta *m, uint64_t number, struct meta_collection *c, struct err *err)
{
	return find_collection(m, SQL_COLLECTION_GET, PARAMS(param_u64(number)), c, err);
}

/* Every row of a query that is under way, whose first row is there when `rc` is 0. */
static int
read_list(struct meta *m, enum meta_sql sql, int rc, struct meta_collection **list, size_t *n,
    struct err *err)
{
	struct meta_collection *p;
	size_t room = 0;

	while (rc == 0) {
		if (*n == room) {
			room = room == 0 ? 8 : room * 2;
			if ((p = reallocarray(*list, room, sizeof(*p))) == NULL)
				return err_set(err, META_ENOMEM, "no memory for %zu collections",
				    room);
			*list = p;
		}
		if ((rc = read_collection(m, sql, &(*list)[*n], err)) != 0)
			return rc;
		(*n)++;
		rc = db_next(m, sql, err);
	}
	return rc == META_END ? 0 : rc;
}

int
meta_collection_list(struct meta *m, uint64_t user, struct meta_collection **list, size_t *n,
    struct err *err)
{
	enum meta_sql sql = user == 0 ? SQL_COLLECTION_LIST_ALL : SQL_COLLECTION_LIST;
	struct meta_param p = param_u64(user);
	int rc;

	*list = NULL;
	*n = 0;
	meta_lock(m);
	rc = db_query(m, sql, &p, user == 0 ? 0 : 1, err);
	rc = read_list(m, sql, rc, list, n, err);
	db_done(m, sql);
	meta_unlock(m);
	if (rc != 0) {
		free(*list);
		*list = NULL;
		*n = 0;
	}
	return rc;
}

int
meta_collection_drop(struct meta_txn *t, uint64_t number, struct err *err)
{
	struct meta_param p = param_u64(number);
	int rc;

	if ((rc = db_exec(t, SQL_COLLECTION_DROP_REQUESTS, &p, 1, 0, err)) != 0 ||
	    (rc = db_exec(t, SQL_COLLECTION_DROP_BUILD, &p, 1, 0, err)) != 0 ||
	    (rc = db_exec(t, SQL_COLLECTION_DROP_SLOTS, &p, 1, 0, err)) != 0 ||
	    (rc = db_exec(t, SQL_COLLECTION_DROP_ITEMS, &p, 1, 0, err)) != 0)
		return rc;
	return db_exec(t, SQL_COLLECTION_DROP, &p, 1, META_NONE, err);
}

int
meta_collection_advance(struct meta_txn *t, uint64_t number, uint64_t next_id,
    uint32_t next_slot, int64_t delta, struct err *err)
{
	return db_exec(t, SQL_COLLECTION_ADVANCE,
	    PARAMS(param_u64(next_id), param_int(next_slot), param_int(delta), param_u64(number)),
	    META_NONE, err);
}
