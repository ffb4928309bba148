/*
 * meta_items.c - the rows behind the vectors.
 */

#include <stdlib.h>

#include "meta_db.h"

void
meta_item_fini(struct meta_item *item)
{
	free(item->text);
	free(item->key);
	free(item->meta);
	item->text = item->key = item->meta = NULL;
	item->text_len = 0;
}

/* The item in the row, copied; the columns are in the order of ITEM in meta_sql.c. */
static int
read_item(struct meta *m, enum meta_sql sql, struct meta_item *item, struct err *err)
{
	int rc;

	*item = (struct meta_item){
		.id = db_u64(m, sql, 0),
		.slot = (uint32_t)db_int(m, sql, 1),
		.crc = (uint32_t)db_int(m, sql, 2),
	};
	if ((rc = db_dup(m, sql, 3, &item->text, &item->text_len, err)) != 0 ||
	    (rc = db_dup(m, sql, 4, &item->key, NULL, err)) != 0 ||
	    (rc = db_dup(m, sql, 5, &item->meta, NULL, err)) != 0)
		meta_item_fini(item);
	return rc;
}

/* One item, or META_NONE and an item with nothing to free. */
static int
find_item_locked(struct meta *m, enum meta_sql sql, const struct meta_param *p, size_t n,
    struct meta_item *item, struct err *err)
{
	int rc;

	*item = (struct meta_item){ .id = META_NO_ID };
	rc = db_query(m, sql, p, n, err);
	if (rc == 0)
		rc = read_item(m, sql, item, err);
	else if (rc == META_END)
		rc = META_NONE;
	db_done(m, sql);
	return rc;
}

int
meta_item_by_id(struct meta *m, uint64_t collection, uint64_t id, unsigned fields,
    struct meta_item *item, struct err *err)
{
	int rc;

	meta_lock(m);
	rc = find_item_locked(m, SQL_ITEM_BY_ID,
	    PARAMS(param_int(fields), param_u64(collection), param_u64(id)), item, err);
	meta_unlock(m);
	return rc;
}

int
meta_item_by_key(struct meta *m, uint64_t collection, const char *key, unsigned fields,
    struct meta_item *item, struct err *err)
{
	int rc;

	meta_lock(m);
	rc = find_item_locked(m, SQL_ITEM_BY_KEY,
	    PARAMS(param_int(fields), param_u64(collection), param_text(key)), item, err);
	meta_unlock(m);
	return rc;
}

/* A transaction that failed may be over for the database: what it would read is not its own. */
static int
find_item_txn(struct meta_txn *t, enum meta_sql sql, const struct meta_param *p, size_t n,
    struct meta_item *item, struct err *err)
{
	*item = (struct meta_item){ .id = META_NO_ID };
	if (t->failed != 0)
		return err_set(err, t->failed, "the transaction has failed already");
	return db_note(t, find_item_locked(t->m, sql, p, n, item, err));
}

int
meta_txn_item_by_id(struct meta_txn *t, uint64_t collection, uint64_t id, unsigned fields,
    struct meta_item *item, struct err *err)
{
	return find_item_txn(t, SQL_ITEM_BY_ID,
	    PARAMS(param_int(fields), param_u64(collection), param_u64(id)), item, err);
}

int
meta_txn_item_by_key(struct meta_txn *t, uint64_t collection, const char *key, unsigned fields,
    struct meta_item *item, struct err *err)
{
	return find_item_txn(t, SQL_ITEM_BY_KEY,
	    PARAMS(param_int(fields), param_u64(collection), param_text(key)), item, err);
}

#define AHEAD_MAX 256

/* Some of the items by slot, looked for at once.  *n says how many places have been filled. */
static int
some_by_slot_locked(struct meta *m, uint64_t collection, const uint32_t *slots, size_t some,
    unsigned fields, struct meta_item *items, size_t *n, struct err *err)
{
	struct meta_param p[AHEAD_MAX][3] = { { { .type = PARAM_NULL } } };
	int rc = 0;

	for (size_t i = 0; i < some; i++) {
		p[i][0] = param_int(fields);
		p[i][1] = param_u64(collection);
		p[i][2] = param_int(slots[i]);
	}
	db_ahead(m, SQL_ITEM_BY_SLOT, p[0], 3, some);
	for (size_t i = 0; i < some && rc >= 0; i++) {
		rc = find_item_locked(m, SQL_ITEM_BY_SLOT, p[i], 3, &items[i], err);
		*n += rc >= 0;
	}
	db_ahead_end(m);
	return rc < 0 ? rc : 0;
}

int
meta_items_by_slot(struct meta *m, uint64_t collection, const uint32_t *slots, size_t n,
    unsigned fields, struct meta_item *items, struct err *err)
{
	size_t done = 0;
	int rc = 0;

	meta_lock(m);
	while (done < n && rc == 0)
		rc = some_by_slot_locked(m, collection, slots + done,
		    n - done < AHEAD_MAX ? n - done : AHEAD_MAX, fields, items + done, &done, err);
	meta_unlock(m);
	if (rc != 0)
		while (done-- > 0)
			meta_item_fini(&items[done]);
	return rc;
}

/* Hand every row of the query to `fn`; `rc` is the query's result so far. */
static int
walk_locked(struct meta *m, int rc, int (*fn)(void *arg, const struct meta_item *item),
    void *arg, struct err *err)
{
	struct meta_item item;

	while (rc == 0) {
		if ((rc = read_item(m, SQL_ITEMS_WALK, &item, err)) != 0)
			return rc;
		rc = fn(arg, &item);
		meta_item_fini(&item);
		if (rc != 0)
			return rc;
		rc = db_next(m, SQL_ITEMS_WALK, err);
	}
	return rc == META_END ? 0 : rc;
}

int
meta_items_walk(struct meta *m, uint64_t collection, uint64_t from, size_t limit,
    unsigned fields, int (*fn)(void *arg, const struct meta_item *item), void *arg,
    struct err *err)
{
	int64_t most = limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
	int rc;

	if (from > INT64_MAX)
		return 0;	/* past every id; its two's complement would be before them */
	meta_lock(m);
	rc = db_query(m, SQL_ITEMS_WALK,
	    PARAMS(param_int(fields), param_u64(collection), param_u64(from), param_int(most)),
	    err);
	rc = walk_locked(m, rc, fn, arg, err);
	db_done(m, SQL_ITEMS_WALK);
	meta_unlock(m);
	return rc;
}

int
meta_items_live(struct meta *m, uint64_t collection, uint32_t nslots, uint64_t *live,
    struct err *err)
{
	uint64_t slot;
	int rc;

	if (nslots == 0)
		return 0;
	memset(live, 0, ((size_t)nslots + 63) / 64 * sizeof(*live));
	meta_lock(m);
	rc = db_query(m, SQL_ITEMS_LIVE, PARAMS(param_u64(collection), param_int(nslots)), err);
	while (rc == 0) {
		slot = db_u64(m, SQL_ITEMS_LIVE, 0);
		if (slot < nslots)	/* always, unless the file is damaged */
			live[slot / 64] |= UINT64_C(1) << (slot % 64);
		rc = db_next(m, SQL_ITEMS_LIVE, err);
	}
	db_done(m, SQL_ITEMS_LIVE);
	meta_unlock(m);
	return rc == META_END ? 0 : rc;
}

static int
put_item(struct meta_txn *t, uint64_t collection, const struct meta_item *item, bool soon,
    struct err *err)
{
	const struct meta_param p[] = { param_u64(collection), param_u64(item->id),
		param_int(item->slot), param_int(item->crc), param_text(item->key),
		param_text(item->meta), param_blob(item->text, item->text_len) };
	const size_t n = sizeof(p) / sizeof(p[0]);

	return soon ? db_soon(t, SQL_ITEM_PUT, p, n, err) : db_exec(t, SQL_ITEM_PUT, p, n, 0, err);
}

int
meta_item_put(struct meta_txn *t, uint64_t collection, const struct meta_item *item,
    struct err *err)
{
	return put_item(t, collection, item, false, err);
}

int
meta_item_put_soon(struct meta_txn *t, uint64_t collection, const struct meta_item *item,
    struct err *err)
{
	return put_item(t, collection, item, true, err);
}

int
meta_item_set_meta(struct meta_txn *t, uint64_t collection, uint64_t id, const char *meta,
    struct err *err)
{
	return db_exec(t, SQL_ITEM_SET_META,
	    PARAMS(param_text(meta), param_u64(collection), param_u64(id)), META_NONE, err);
}

int
meta_item_delete(struct meta_txn *t, uint64_t collection, uint64_t id, struct err *err)
{
	return db_exec(t, SQL_ITEM_DELETE, PARAMS(param_u64(collection), param_u64(id)),
	    META_NONE, err);
}
