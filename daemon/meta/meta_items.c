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
walk_locked(struct meta *m, enum meta_sql sql, int rc,
    int (*fn)(void *arg, const struct meta_item *item), void *arg, struct err *err)
{
	struct meta_item item;

	while (rc == 0) {
		if ((rc = read_item(m, sql, &item, err)) != 0)
			return rc;
		rc = fn(arg, &item);
		meta_item_fini(&item);
		if (rc != 0)
			return rc;
		rc = db_next(m, sql, err);
	}
	return rc == META_END ? 0 : rc;
}

static int
walk(struct meta *m, enum meta_sql sql, uint64_t collection, uint64_t from, size_t limit,
    unsigned fields, int (*fn)(void *arg, const struct meta_item *item), void *arg,
    struct err *err)
{
	int64_t most = limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
	int rc;

	if (from > INT64_MAX)
		return 0;	/* past every id and slot; its two's complement would be before them */
	meta_lock(m);
	rc = db_query(m, sql,
	    PARAMS(param_int(fields), param_u64(collection), param_u64(from), param_int(most)),
	    err);
	rc = walk_locked(m, sql, rc, fn, arg, err);
	db_done(m, sql);
	meta_unlock(m);
	return rc;
}

int
meta_items_walk(struct meta *m, uint64_t collection, uint64_t from, size_t limit,
    unsigned fields, int (*fn)(void *arg, const struct meta_item *item), void *arg,
    struct err *err)
{
	return walk(m, SQL_ITEMS_WALK, collection, from, limit, fields, fn, arg, err);
}

int
meta_items_walk_slots(struct meta *m, uint64_t collection, uint64_t from, size_t limit,
    unsigned fields, int (*fn)(void *arg, const struct meta_item *item), void *arg,
    struct err *err)
{
	return walk(m, SQL_ITEMS_WALK_SLOTS, collection, from, limit, fields, fn, arg, err);
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

/*
 * The one number that a query of a row at most gives, and a second one.  0, META_NONE, or a failure.
 */
static int
find_numbers(struct meta_txn *t, enum meta_sql sql, const struct meta_param *p, size_t n,
    uint64_t *a, int64_t *b, struct err *err)
{
	int rc;

	if (t->failed != 0)
		return err_set(err, t->failed, "the transaction has failed already");
	rc = db_query(t->m, sql, p, n, err);
	if (rc == 0) {
		*a = db_u64(t->m, sql, 0);
		if (b != NULL)
			*b = db_int(t->m, sql, 1);
	} else if (rc == META_END) {
		rc = META_NONE;
	}
	db_done(t->m, sql);
	return db_note(t, rc);
}

/* May the item have its key?  0; META_EXISTS: another has it. */
static int
check_key(struct meta_txn *t, uint64_t collection, const struct meta_item *item, struct err *err)
{
	uint64_t id = 0;
	int rc;

	if (item->key == NULL)
		return 0;
	rc = find_numbers(t, SQL_ITEM_KEY_FIND, PARAMS(param_u64(collection),
	    param_text(item->key)), &id, NULL, err);
	return rc == META_NONE || (rc == 0 && id == item->id) ? 0 : rc == 0 ? META_EXISTS : rc;
}

/*
 * Put the item into its slot, in place of all others it has, those that a build gave it among them:
 * they have another vector.
 */
static int
put_slot(struct meta_txn *t, uint64_t collection, const struct meta_item *item, struct err *err)
{
	uint64_t id = 0;
	int64_t crc = 0;
	int rc;

	rc = find_numbers(t, SQL_SLOT_FIND, PARAMS(param_u64(collection), param_int(item->slot)),
	    &id, &crc, err);
	if (rc < 0)
		return rc;
	if (rc == 0 && id != item->id)
		return META_EXISTS;
	if (rc == 0 && (uint32_t)crc == item->crc)
		return 0;
	if ((rc = db_exec(t, SQL_SLOT_DELETE, PARAMS(param_u64(collection), param_u64(item->id)), 0,
		 err)) != 0)
		return rc;
	return db_exec(t, SQL_SLOT_PUT, PARAMS(param_int(item->slot), param_u64(item->id),
	    param_int(item->crc), param_u64(collection)), META_NONE, err);
}

int
meta_item_put(struct meta_txn *t, uint64_t collection, const struct meta_item *item,
    struct err *err)
{
	int rc;

	if ((rc = check_key(t, collection, item, err)) != 0 ||
	    (rc = put_slot(t, collection, item, err)) != 0)
		return rc;
	return db_exec(t, SQL_ITEM_PUT,
	    PARAMS(param_u64(collection), param_u64(item->id), param_text(item->key),
	    param_text(item->meta), param_blob(item->text, item->text_len)), 0, err);
}

/* Without a look at what is there: the database finds out. */
int
meta_item_put_soon(struct meta_txn *t, uint64_t collection, const struct meta_item *item,
    struct err *err)
{
	const struct meta_param gone[] = { param_u64(collection), param_u64(item->id) };
	const struct meta_param slot[] = { param_int(item->slot), param_u64(item->id),
		param_int(item->crc), param_u64(collection) };
	const struct meta_param row[] = { param_u64(collection), param_u64(item->id),
		param_text(item->key), param_text(item->meta), param_blob(item->text, item->text_len) };
	int rc;

	if ((rc = db_soon(t, SQL_SLOT_DELETE, gone, 2, err)) != 0 ||
	    (rc = db_soon(t, SQL_SLOT_PUT, slot, 4, err)) != 0)
		return rc;
	return db_soon(t, SQL_ITEM_PUT, row, 5, err);
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
	int rc = db_exec(t, SQL_ITEM_DELETE, PARAMS(param_u64(collection), param_u64(id)), META_NONE,
	    err);

	if (rc != 0)
		return rc;
	return db_exec(t, SQL_SLOT_DELETE, PARAMS(param_u64(collection), param_u64(id)), 0, err);
}
