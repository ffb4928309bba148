/*
 * meta_pg.h - what the PostgreSQL backend's files share.  Private to this folder.
 *
 * meta_pg.c runs statements, meta_pg_txn.c transactions; meta_pg_link.c keeps the connection and gets
 * a new one when it is lost, meta_pg_claim.c makes the database ours and finds out what became of a
 * commit; meta_pg_schema.c has the tables, meta_pg_filter.c makes SQL of filters, meta_pg_copy.c
 * copies into SQLite, meta_pg_cache.c remembers rows for when the server is away.
 *
 * There is one connection, as there is one lock in meta.h: changes are made by one thread, the commit
 * lane, and reads are answered in the time of a round trip, which pipelining shares among the rows of
 * a search.  A connection for each of the daemon's threads would let reads see a commit before its
 * files are published, and gain little: the server is seldom what a search waits for.
 */

#ifndef META_PG_H
#define META_PG_H

#include <pthread.h>
#include <time.h>

#include "filter_sql.h"
#include "meta_db.h"
#include "meta_pg_conn.h"

struct pg_cache;

extern const struct meta_backend meta_postgresql;

/* What tells a database from any other, and one time of holding it from the next. */
struct pg_claim {
	char identity[40];	/* of the database, made with its tables; "" before */
	int64_t epoch;		/* goes up with every connection that may write */
};

enum pg_outcome { PG_NOTHING, PG_UNCERTAIN, PG_HAPPENED, PG_UNDONE };

#define PG_OUTCOMES 16		/* that are remembered */

/* Where the connection comes from: what the thread and the users of the connection share. */
struct pg_link {
	char *uri;
	char *folder;		/* NULL: none has a note of it */
	pthread_t thread;
	bool inited, started;
	pthread_mutex_t lock;	/* guards all that follows; a leaf */
	pthread_cond_t changed;
	bool stopping;
	bool wanted;		/* the connection was lost: a new one is due */
	unsigned tries;		/* that have ended */
	unsigned tries_then;	/* when the connection was lost */
	struct timespec grace;	/* until when its first try is waited for */
	struct pg_conn *ready;	/* a new one, until it is taken */
	struct pg_claim claim;
	bool fenced;		/* another daemon has the database: reads only */
	char holder[40];	/* ours, of all who may hold the database */
	char xid[24];		/* of the newest commit whose outcome is, or was, uncertain */
	struct { uint64_t number; enum pg_outcome is; } outcomes[PG_OUTCOMES]; /* ring */
	unsigned newest;	/* in it */
	struct err why;		/* why the last try failed */
	void (*back)(void *arg); /* called by the thread when a new connection is ready */
	void *back_arg;
};

struct pg_db {
	struct pg_link link;
	struct pg_conn *conn;	/* NULL: lost */
	struct pg_cache *cache;
	bool in_txn;
	char xid[24];		/* of the transaction */
	size_t soon;		/* statements in the pipeline whose end nobody asked for */
	size_t ahead;		/* statements that were sent before they are started */
	uint64_t changed;	/* rows */

	/* of the statement under way */
	bool guarded;		/* it stands behind a savepoint */
	bool has_first;		/* `first` is what its first row gave, and was not asked for yet */
	int first;
	bool over;
	bool from_cache;	/* its row is the cache's */
	struct filter_sql match; /* what SQL_MATCH was made of */
	struct pg_pages {	/* SQL_MATCH in pages */
		size_t left, in_page;
		int64_t last;	/* id or slot of the last row */
		bool by_slot;
	} pages;
};

/* --- meta_pg_link.c ---------------------------------------------------------------------------- */

/* Connect, claim the database, start the thread.  As `open` in struct meta_backend. */
int pg_link_open(struct pg_db *d, int *schema, struct err *err);
void pg_link_close(struct pg_db *d);

/*
 * A connection to use, outside of a transaction; takes over a new one when there is.  When the server
 * has just gone, waits a moment for the thread to come back with one.  META_EUNAVAILABLE otherwise.
 */
int pg_link_use(struct pg_db *d, struct err *err);

/* The connection is broken: close it, and have the thread get another. */
void pg_link_lost(struct pg_db *d);

/* The same, in the middle of the commit of transaction `number`, the server's `xid`. */
void pg_link_uncertain(struct pg_db *d, uint64_t number, const char *xid);

/* --- meta_pg_claim.c --------------------------------------------------------------------------- */

/*
 * Make a fresh connection the one that may write: the next epoch.  At the start `l->claim` is empty
 * and the data folder's word is asked; later another epoch than ours means that we are fenced, which
 * is no failure.  Then find out what became of an uncertain commit.  Called without the lock, and by
 * one thread.  META_EUNAVAILABLE: somebody else has it.  META_ECORRUPT: not this folder's database.
 */
int pg_claim(struct pg_link *l, struct pg_conn *c, bool first, struct err *err);

/* Note in the data folder what it belongs to. */
int pg_claim_note(const struct pg_link *l, struct err *err);

/* --- meta_pg_schema.c -------------------------------------------------------------------------- */

/* Bring the schema up to date; *version is then what it is. */
int pg_schema_prepare(struct pg_conn *c, int *version, struct err *err);

/*
 * Drop all tables and make them anew, in the transaction that is under way.  The database has a new
 * identity then, which is in *claim with the same epoch, and is still ours.
 */
int pg_schema_reset(struct pg_conn *c, const struct pg_link *l, const struct meta_param *epoch,
    struct pg_claim *claim, struct err *err);

/* --- meta_pg.c, meta_pg_txn.c ------------------------------------------------------------------ */

/* What a failure does to the connection.  Returns `rc`. */
int pg_note(struct pg_db *d, int rc);

/* Read what nobody asked for yet.  0, or the first failure among it. */
int pg_settle(struct pg_db *d, struct err *err);

int pg_db_begin(void *db, struct err *err);
int pg_db_commit(void *db, uint64_t number, struct err *err);
void pg_db_rollback(void *db);
int pg_db_reset(void *db, struct err *err);
int pg_db_outcome(void *db, uint64_t number, struct err *err);
int pg_db_retire(void *db, struct err *err);

/* In meta_pg_link.c: as `watch` in struct meta_backend. */
void pg_db_watch(void *db, void (*back)(void *arg), void *arg);

/* The text of a statement; where it differs from SQLite's it is in meta_pg_schema.c. */
const char *pg_sql(enum meta_sql sql);

/* --- meta_pg_filter.c -------------------------------------------------------------------------- */

#define PG_NAME_EPOCH (PG_NAMES_MAX - 1)	/* the name of a statement that is not in the table */
#define PG_MATCH_PAGE 4096

int pg_db_match(void *db, const struct filter *f, enum meta_order order, uint64_t collection,
    uint64_t from, size_t limit, struct err *err);

/* SQL_MATCH's next row, of this page or the next one. */
int pg_match_next(struct pg_db *d, struct err *err);
void pg_match_done(struct pg_db *d);

/* --- meta_pg_copy.c ---------------------------------------------------------------------------- */

int pg_copy_begin(void *db, const char *path, void **copy, struct err *err);
int pg_copy_step(void *copy, bool all, struct err *err);
int pg_copy_finish(void *copy, struct err *err);
void pg_copy_end(void *copy);

/* --- meta_pg_cache.c --------------------------------------------------------------------------- */

/*
 * Rows that were read lately, by statement and values, for when the server is away.  What changes
 * something drops what it may have changed before it is sent, so that nothing in here is older than
 * what was committed.  Callers hold meta's lock.
 */
struct pg_cache *pg_cache_new(void);
void pg_cache_free(struct pg_cache *k);

/* Remember the row of `c` as the answer of `sql` with these values; or that it has none. */
void pg_cache_put(struct pg_cache *k, enum meta_sql sql, const struct meta_param *p, size_t n,
    const struct pg_conn *c);

/* Find it, and make it the one that the getters read.  False: not here. */
bool pg_cache_find(struct pg_cache *k, enum meta_sql sql, const struct meta_param *p, size_t n);
int64_t pg_cache_int(const struct pg_cache *k, int column);
const void *pg_cache_bytes(const struct pg_cache *k, int column, size_t *len);

/* `sql` with these values is about to be run: drop what it may change. */
void pg_cache_touch(struct pg_cache *k, enum meta_sql sql, const struct meta_param *p, size_t n);

#endif
