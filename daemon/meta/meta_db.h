/*
 * meta_db.h - statements and rows, the same over every database.  Private to this folder.
 *
 * What meta.h promises is written once, in meta_users.c, meta_collections.c, meta_items.c,
 * meta_builds.c and meta_requests.c, against the functions below: run a statement of the table in
 * meta_sql.c with these values, read its rows.  A *backend* is the dozen functions of struct meta_backend and a
 * schema.  A table of functions at the height of meta.h was the other way: three times as many
 * entries, and every rule written twice.
 *
 * All of it is called with the lock held: by a read for its own length, by a transaction from
 * meta_begin to its end.
 */

#ifndef META_DB_H
#define META_DB_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "meta.h"

/* The statements, in the order of their table in meta_sql.c. */
enum meta_sql {
	SQL_USER_ADD,
	SQL_USER_FIND,
	SQL_USER_SET_PASSWORD,
	SQL_USER_SET_PREFS,
	SQL_SESSION_ADD,
	SQL_SESSION_USER,
	SQL_SESSION_END,
	SQL_SESSION_END_USER,
	SQL_SESSION_EXPIRE,
	SQL_COLLECTION_ADD,
	SQL_COLLECTION_FIND,
	SQL_COLLECTION_GET,
	SQL_COLLECTION_LIST,
	SQL_COLLECTION_LIST_ALL,
	SQL_COLLECTION_DROP_REQUESTS,
	SQL_COLLECTION_DROP_BUILD,
	SQL_COLLECTION_DROP_SLOTS,
	SQL_COLLECTION_DROP_ITEMS,
	SQL_COLLECTION_DROP,
	SQL_COLLECTION_ADVANCE,
	SQL_ITEM_BY_ID,
	SQL_ITEM_BY_KEY,
	SQL_ITEM_BY_SLOT,
	SQL_ITEMS_WALK,
	SQL_ITEMS_WALK_SLOTS,
	SQL_ITEMS_LIVE,
	SQL_ITEM_KEY_FIND,
	SQL_ITEM_PUT,
	SQL_ITEM_SET_META,
	SQL_ITEM_DELETE,
	SQL_SLOT_FIND,
	SQL_SLOT_PUT,
	SQL_SLOT_DELETE,
	SQL_SLOTS_SWEEP,
	SQL_BUILD_ADD,
	SQL_BUILD_GET,
	SQL_BUILD_END,
	SQL_BUILD_PUT,
	SQL_BUILD_WALK,
	SQL_BUILD_SWITCH,
	SQL_REQUEST_PUT,
	SQL_REQUEST_FIND,
	SQL_REQUEST_EXPIRE,

	/* of moving all rows to another database */
	SQL_LOAD_USERS,
	SQL_LOAD_COLLECTIONS,
	SQL_LOAD_SLOTS,
	SQL_COUNTER_GET,
	SQL_COUNTER_SET,
	SQL_COUNTER_ADD,
	SQL_DUMP_USERS,
	SQL_DUMP_SESSIONS,
	SQL_DUMP_COLLECTIONS,
	SQL_DUMP_ITEMS,
	SQL_DUMP_SLOTS,
	SQL_DUMP_BUILDS,
	SQL_DUMP_REQUESTS,
	SQL_N,
	SQL_MATCH = SQL_N,	/* made from a filter each time; not in the table */
	SQL_ALL
};

/* Parameters are $1, $2, ..., first seen in that order, as SQLite and PostgreSQL take them. */
extern const char *const meta_sql_text[SQL_N];

/* A value for a parameter; borrowed until the statement is done. */
enum meta_type { PARAM_NULL, PARAM_INT, PARAM_TEXT, PARAM_BLOB };

struct meta_param {
	enum meta_type type;
	int64_t i;
	const void *p;
	size_t len;		/* bytes at p */
};

static inline struct meta_param
param_int(int64_t i)
{
	return (struct meta_param){ .type = PARAM_INT, .i = i };
}

/* Databases have signed integers only: the upper half of uint64 is kept as its two's complement. */
static inline struct meta_param
param_u64(uint64_t u)
{
	return param_int((int64_t)u);
}

/* Bytes of any kind; `p` NULL is SQL's NULL. */
static inline struct meta_param
param_blob(const void *p, size_t len)
{
	return (struct meta_param){ .type = p ? PARAM_BLOB : PARAM_NULL, .p = p, .len = len };
}

/* A string; NULL is SQL's NULL. */
static inline struct meta_param
param_text(const char *s)
{
	return (struct meta_param){
		.type = s ? PARAM_TEXT : PARAM_NULL, .p = s, .len = s ? strlen(s) : 0
	};
}

/* The two arguments `p` and `n` of the functions below. */
#define PARAMS(...)                                                                                \
	(const struct meta_param[]){ __VA_ARGS__ },                                                \
	    sizeof((const struct meta_param[]){ __VA_ARGS__ }) / sizeof(struct meta_param)

/* A private answer beside those of meta.h: the statement has no further row. */
enum { META_END = 64 };

struct meta_backend {
	/* Open the database and bring its schema up to date; *schema is its version then. */
	int (*open)(const char *uri, const char *folder, void **db, int *schema, struct err *err);
	void (*close)(void *db);	/* no statement is under way; NULL is fine */

	/* As meta_reset and meta_commit; a failed commit has been rolled back, or is unknown. */
	int (*reset)(void *db, struct err *err);
	int (*begin)(void *db, struct err *err);
	int (*commit)(void *db, uint64_t number, struct err *err);
	void (*rollback)(void *db);

	/*
	 * As meta_outcome and meta_watch.  NULL, both: a commit whose outcome is unknown stays so
	 * until the database has been opened anew.
	 */
	int (*outcome)(void *db, uint64_t number, struct err *err);
	void (*watch)(void *db, void (*back)(void *arg), void *arg);

	/* Write down that the metadata is elsewhere from now on; NULL: its file is just renamed. */
	int (*retire)(void *db, struct err *err);

	/* As meta_copy_begin, _some and _rest (`all`), and _free; NULL may be ended. */
	int (*copy_begin)(void *db, const char *path, void **copy, struct err *err);
	int (*copy_step)(void *copy, bool all, struct err *err);
	int (*copy_finish)(void *copy, struct err *err);	/* NULL: nothing is left to do; no lock */
	void (*copy_end)(void *copy);

	/* As meta_trim; NULL: the database sees to it by itself. */
	int (*trim)(void *db, struct err *err);

	/*
	 * Start `sql`, bring its next row, end it.  `next` returns 0 with a row, META_END without,
	 * META_EXISTS or META_NONE when the statement would break a uniqueness or a reference (it
	 * has then changed nothing, and the transaction goes on), or a failure.  `done` is due
	 * after every `start`, also one that failed.
	 */
	int (*start)(void *db, enum meta_sql sql, const struct meta_param *p, size_t n,
	    struct err *err);
	int (*next)(void *db, enum meta_sql sql, struct err *err);
	void (*done)(void *db, enum meta_sql sql);

	/*
	 * Inside a transaction: run a statement whose end is not waited for.  What it fails with, or
	 * answers, is a failure of a later one or of the commit.  NULL: `start` waits for nothing
	 * that is far away.
	 */
	int (*soon)(void *db, enum meta_sql sql, const struct meta_param *p, size_t n,
	    struct err *err);

	/*
	 * `sql` will be started `times` times with the rows of `n` values at `p`, one after the
	 * other and nothing between them: have them under way already.  `ahead_end` is due after the
	 * last.  NULL: as above.
	 */
	void (*ahead)(void *db, enum meta_sql sql, const struct meta_param *p, size_t n,
	    size_t times);
	void (*ahead_end)(void *db);

	uint64_t (*changed)(void *db, enum meta_sql sql);	/* rows, after META_END */

	/*
	 * Start SQL_MATCH: id, slot and whether the filter is true (1 or 0), of items from that id or
	 * slot on, in that order, at most `limit`.  `f` is borrowed until `done`.
	 */
	int (*match)(void *db, const struct filter *f, enum meta_order order, uint64_t collection,
	    uint64_t from, size_t limit, struct err *err);

	/* A column of the row; bytes are borrowed until the next call, NULL for SQL's NULL. */
	int64_t (*get_int)(void *db, enum meta_sql sql, int column);
	const void *(*get_bytes)(void *db, enum meta_sql sql, int column, size_t *len);
};

extern const struct meta_backend meta_sqlite;
extern const struct meta_backend meta_postgresql;

struct meta_txn {
	struct meta *m;
	uint64_t number;
	int failed;		/* the first failure inside, which decides how it ends; or 0 */
};

struct meta {
	const struct meta_backend *backend;
	void *db;		/* the backend's; [lock] */
	int schema;
	pthread_mutex_t lock;	/* of the error-checking kind; see meta_lock */
	bool unknown;		/* a commit's outcome is unknown: no more writes; [lock] */
	struct meta_txn txn;	/* the one there can be; [lock] */
};

/* Taking the lock twice in one thread is a mistake in the program and ends it. */
void meta_lock(struct meta *m);
void meta_unlock(struct meta *m);

/* meta_open without a look at what else the folder says; `folder` NULL: PostgreSQL without a folder. */
int meta_open_unbound(const char *uri, const char *folder, struct meta **out, struct err *err);

/* Note a failure inside the transaction, which can then only be undone.  Returns `rc`. */
int db_note(struct meta_txn *t, int rc);

/*
 * Run a statement that gives no rows.  `none` is what to answer when it changed no row.
 * 0, `none`, META_EXISTS, META_NONE (something it refers to is not there), or a failure.
 */
int db_exec(struct meta_txn *t, enum meta_sql sql, const struct meta_param *p, size_t n,
    int none, struct err *err);

/*
 * Run a statement that gives no rows and whose answer would be a failure; it may be done later, and
 * then so is its failure.
 */
int db_soon(struct meta_txn *t, enum meta_sql sql, const struct meta_param *p, size_t n,
    struct err *err);

/* As `ahead` and `ahead_end` in struct meta_backend. */
void db_ahead(struct meta *m, enum meta_sql sql, const struct meta_param *p, size_t n,
    size_t times);
void db_ahead_end(struct meta *m);

/*
 * Run an INSERT .. ON CONFLICT DO NOTHING RETURNING number; the number is in *number.
 * 0, META_EXISTS (no row came back), META_NONE as above, or a failure.
 */
int db_insert(struct meta_txn *t, enum meta_sql sql, const struct meta_param *p, size_t n,
    uint64_t *number, struct err *err);

/* Start a query and bring its first row.  Results as of `next`; db_done is due in every case. */
int db_query(struct meta *m, enum meta_sql sql, const struct meta_param *p, size_t n,
    struct err *err);
int db_next(struct meta *m, enum meta_sql sql, struct err *err);
void db_done(struct meta *m, enum meta_sql sql);

/* A column of the row as a number. */
int64_t db_int(struct meta *m, enum meta_sql sql, int column);
uint64_t db_u64(struct meta *m, enum meta_sql sql, int column);

/* A column as a string in `to`, of `size` bytes.  META_ECORRUPT: it is NULL, or does not fit. */
int db_copy(struct meta *m, enum meta_sql sql, int column, char *to, size_t size,
    struct err *err);

/*
 * A column as a copy in *out, to be freed, with a NUL after its *len bytes (len may be NULL).
 * SQL's NULL is NULL.  0 or META_ENOMEM.
 */
int db_dup(struct meta *m, enum meta_sql sql, int column, char **out, size_t *len,
    struct err *err);

#endif
