/*
 * meta_pg_cache.c - rows read lately.
 *
 * A table of a fixed number of places; what falls on a taken one replaces it, so it forgets without
 * keeping count.  Each row stands with the statement and the values that it answers, and with what it
 * is about: a collection, or the accounts, which are 0.
 */

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "meta_pg.h"

#define PLACES 4096
#define ROW_MAX 8192		/* bytes; a longer row is not kept */
#define COLUMNS_MAX 24

struct column {
	size_t at, len;
	bool null;
	int64_t i;
};

struct row {
	char *key;
	size_t nkey;
	uint64_t about;
	char *bytes;
	int ncolumns;
	struct column columns[COLUMNS_MAX];
};

struct pg_cache {
	struct row *rows[PLACES];
	const struct row *found;
	uint64_t touched;	/* what was dropped last */
	bool clean;		/* and nothing was put since */
};

struct pg_cache *
pg_cache_new(void)
{
	return calloc(1, sizeof(struct pg_cache));
}

static void
row_free(struct row *r)
{
	if (r == NULL)
		return;
	free(r->key);
	free(r->bytes);
	free(r);
}

void
pg_cache_free(struct pg_cache *k)
{
	if (k == NULL)
		return;
	for (size_t i = 0; i < PLACES; i++)
		row_free(k->rows[i]);
	free(k);
}

/* How many of the values make the key, and which is the collection; 0: the statement is not kept. */
static size_t
key_of(enum meta_sql sql, const struct meta_param *p, uint64_t *about)
{
	*about = 0;
	switch (sql) {
	case SQL_SESSION_USER:
		return 1;	/* the token says itself when it ends */
	case SQL_COLLECTION_FIND:
		return 2;
	case SQL_COLLECTION_GET:
		*about = (uint64_t)p[0].i;
		return 1;
	case SQL_ITEM_BY_ID:
	case SQL_ITEM_BY_KEY:
	case SQL_ITEM_BY_SLOT:
		*about = (uint64_t)p[1].i;
		return 3;
	default:
		return 0;
	}
}

/* The key's bytes; empty when there is no memory, or the statement is not kept. */
static struct buf
make_key(enum meta_sql sql, const struct meta_param *p, uint64_t *about)
{
	struct buf b = { 0 };
	size_t n = key_of(sql, p, about);

	if (n > 0)
		buf_putf(&b, "%d", (int)sql);
	for (size_t i = 0; i < n; i++) {
		if (p[i].type == PARAM_INT)
			buf_putf(&b, " %lld", (long long)p[i].i);
		else
			buf_putf(&b, " %zu:", p[i].len);
		if (p[i].type == PARAM_TEXT || p[i].type == PARAM_BLOB)
			buf_put(&b, p[i].p, p[i].len);
	}
	if (b.failed)
		buf_fini(&b);
	return b;
}

static size_t
place_of(const struct buf *key)
{
	uint64_t h = UINT64_C(14695981039346656037);	/* FNV-1a */

	for (size_t i = 0; i < key->len; i++)
		h = (h ^ (unsigned char)key->p[i]) * UINT64_C(1099511628211);
	return (size_t)(h ^ h >> 32) % PLACES;
}

static struct row *
copy_row(const struct pg_conn *c)
{
	struct row *r = calloc(1, sizeof(*r));
	struct buf b = { .max = ROW_MAX };
	int n = pg_columns(c);

	for (int i = 0; r != NULL && i < n && i < COLUMNS_MAX; i++) {
		struct column *to = &r->columns[i];
		const void *p = pg_bytes(c, i, &to->len);

		to->null = p == NULL;
		to->at = b.len;
		to->i = p != NULL ? pg_int(c, i) : 0;
		if (p != NULL)
			buf_put(&b, p, to->len);
	}
	if (r == NULL || b.failed || n > COLUMNS_MAX) {
		free(r);
		buf_fini(&b);
		return NULL;
	}
	r->ncolumns = n;
	r->bytes = buf_take(&b, NULL);
	return r;
}

void
pg_cache_put(struct pg_cache *k, enum meta_sql sql, const struct meta_param *p, size_t n,
    const struct pg_conn *c)
{
	uint64_t about;
	struct buf key;
	struct row **place;

	if (n == 0)
		return;
	key = make_key(sql, p, &about);
	if (key.len == 0)
		return;
	place = &k->rows[place_of(&key)];
	row_free(*place);
	*place = c != NULL ? copy_row(c) : NULL;
	if (*place != NULL) {
		/* a collection by name is about the one in its row */
		(*place)->about = sql == SQL_COLLECTION_FIND ? (uint64_t)pg_int(c, 0) : about;
		(*place)->nkey = key.len;
		(*place)->key = buf_take(&key, NULL);
		k->clean = false;
	}
	buf_fini(&key);
}

bool
pg_cache_find(struct pg_cache *k, enum meta_sql sql, const struct meta_param *p, size_t n)
{
	uint64_t about;
	struct buf key;

	k->found = NULL;
	if (n == 0)
		return false;
	key = make_key(sql, p, &about);
	if (key.len > 0) {
		const struct row *r = k->rows[place_of(&key)];

		if (r != NULL && r->nkey == key.len && memcmp(r->key, key.p, key.len) == 0)
			k->found = r;
	}
	buf_fini(&key);
	return k->found != NULL;
}

int64_t
pg_cache_int(const struct pg_cache *k, int column)
{
	return k->found->columns[column].i;
}

const void *
pg_cache_bytes(const struct pg_cache *k, int column, size_t *len)
{
	const struct column *c = &k->found->columns[column];

	*len = c->len;
	if (c->null)
		return NULL;
	return c->len > 0 ? k->found->bytes + c->at : "";
}

/* --- what a change drops ----------------------------------------------------------------------- */

#define ALL UINT64_MAX

static uint64_t
changes(enum meta_sql sql, const struct meta_param *p)
{
	switch (sql) {
	case SQL_ITEM_PUT:
	case SQL_ITEM_DELETE:
	case SQL_SLOT_DELETE:
		return (uint64_t)p[0].i;
	case SQL_ITEM_SET_META:
		return (uint64_t)p[1].i;
	case SQL_COLLECTION_ADVANCE:
	case SQL_SLOT_PUT:
		return (uint64_t)p[3].i;
	case SQL_SESSION_ADD:		/* something new, which nothing kept is about */
	case SQL_USER_ADD:
	case SQL_COLLECTION_ADD:
	case SQL_REQUEST_PUT:
	case SQL_REQUEST_FIND:
	case SQL_REQUEST_EXPIRE:
	case SQL_ITEM_BY_ID:
	case SQL_ITEM_BY_KEY:
	case SQL_ITEM_KEY_FIND:
	case SQL_SLOT_FIND:
	case SQL_SLOTS_SWEEP:		/* nothing that was kept counts on it */
	case SQL_BUILD_ADD:
	case SQL_BUILD_PUT:
	case SQL_BUILD_END:
	case SQL_ITEM_BY_SLOT:
		return 0;
	default:
		return ALL;
	}
}

void
pg_cache_touch(struct pg_cache *k, enum meta_sql sql, const struct meta_param *p, size_t n)
{
	uint64_t what = n > 0 ? changes(sql, p) : ALL;

	if (what == 0 || (k->clean && k->touched == what))
		return;
	for (size_t i = 0; i < PLACES; i++)
		if (k->rows[i] != NULL && (what == ALL || k->rows[i]->about == what)) {
			row_free(k->rows[i]);
			k->rows[i] = NULL;
		}
	k->touched = what;
	k->clean = true;
}
