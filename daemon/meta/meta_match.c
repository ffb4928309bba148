/*
 * meta_match.c - walking the items that a filter lets through.
 *
 * Whether an item passes has to be found out from its meta, item by item, and a filter may let one
 * in a million through.  So the walk goes in pieces that are bounded by what is looked at, in items
 * and in time, and not by what is found; between two of them the lock is let go.
 */

#include <time.h>

#include "meta_db.h"

#define PIECE_ITEMS 1024
#define PIECE_NS (10 * 1000 * 1000)	/* a meta of 64 KiB takes 100 us and more */
#define PAUSE_NS (50 * 1000)		/* else those who wait for the lock stay asleep */

struct piece {
	struct { uint64_t id; uint32_t slot; } found[PIECE_ITEMS];
	size_t n;
	uint64_t next;		/* where to go on, by id or by slot */
	bool more;
};

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Look at some items and note those that pass. */
static int
read_piece_locked(struct meta *m, uint64_t collection, const struct filter *f,
    enum meta_order order, struct piece *p, struct err *err)
{
	int64_t began = now();
	size_t looked = 0;
	int rc;

	p->n = 0;
	p->more = true;
	if ((rc = m->backend->match(m->db, f, order, collection, p->next, PIECE_ITEMS, err)) == 0)
		rc = db_next(m, SQL_MATCH, err);
	while (rc == 0) {
		uint64_t id = db_u64(m, SQL_MATCH, 0);
		uint32_t slot = (uint32_t)db_int(m, SQL_MATCH, 1);

		if (db_int(m, SQL_MATCH, 2) != 0) {
			p->found[p->n].id = id;
			p->found[p->n++].slot = slot;
		}
		p->next = (order == META_BY_ID ? id : slot) + 1;
		looked++;
		if (now() - began >= PIECE_NS)
			break;
		rc = db_next(m, SQL_MATCH, err);
	}
	db_done(m, SQL_MATCH);
	if (rc == META_END && looked < PIECE_ITEMS)
		p->more = false;
	return rc == META_END ? 0 : rc;
}

int
meta_items_match(struct meta *m, uint64_t collection, const struct filter *f,
    enum meta_order order, uint64_t from, int (*fn)(void *arg, uint64_t id, uint32_t slot),
    void *arg, struct err *err)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct piece p = { .next = from, .more = true };
	int rc = 0;

	while (p.more && p.next <= INT64_MAX) {	/* past every id */
		meta_lock(m);
		rc = read_piece_locked(m, collection, f, order, &p, err);
		meta_unlock(m);
		for (size_t i = 0; i < p.n && rc == 0; i++)
			rc = fn(arg, p.found[i].id, p.found[i].slot);
		if (rc != 0)
			return rc;
		if (p.more)
			nanosleep(&pause, NULL);
	}
	return 0;
}

int
meta_txn_items_match(struct meta_txn *t, uint64_t collection, const struct filter *f,
    uint64_t from, int (*fn)(void *arg, uint64_t id, uint32_t slot), void *arg, struct err *err)
{
	struct meta *m = t->m;
	int rc;

	if (t->failed != 0)
		return err_set(err, t->failed, "the transaction has failed already");
	if (from > INT64_MAX)
		return 0;
	if ((rc = m->backend->match(m->db, f, META_BY_ID, collection, from, SIZE_MAX, err)) == 0)
		rc = db_next(m, SQL_MATCH, err);
	while (rc == 0) {
		if (db_int(m, SQL_MATCH, 2) != 0 &&
		    (rc = fn(arg, db_u64(m, SQL_MATCH, 0), (uint32_t)db_int(m, SQL_MATCH, 1))) != 0)
			break;
		rc = db_next(m, SQL_MATCH, err);
	}
	db_done(m, SQL_MATCH);
	return db_note(t, rc == META_END ? 0 : rc);
}
