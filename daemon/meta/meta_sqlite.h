/*
 * meta_sqlite.h - what the SQLite backend's files share.  Nothing else includes sqlite3.h.
 *
 * meta_sqlite.c runs statements and transactions, meta_sqlite_open.c opens and closes the file,
 * meta_sqlite_schema.c has the tables, meta_sqlite_filter.c makes SQL of filters, meta_sqlite_copy.c
 * copies the database, meta_sqlite_trim.c keeps it small.
 */

#ifndef META_SQLITE_H
#define META_SQLITE_H

#include <sqlite3.h>

#include "filter_sql.h"
#include "meta_db.h"

/* Statements of transactions. */
enum sqlite_kept { KEPT_BEGIN, KEPT_COMMIT, KEPT_ROLLBACK, KEPT_N };

struct sqlite_db {
	sqlite3 *db;
	sqlite3_stmt *kept[KEPT_N];
	sqlite3_stmt *st[SQL_ALL];	/* prepared at first use, kept for life; SQL_MATCH until done */
	struct filter_sql match;	/* what SQL_MATCH was made of */
};

/*
 * Fill `err` from SQLite's own words for the result `rc` of the last call, "meta.db: cannot <what>:
 * ..."; returns the META_* failure that `rc` is.
 */
int sqlite_fail(struct sqlite_db *d, int rc, const char *what, struct err *err);

/* Bind the values, which are borrowed until the statement is reset. */
int sqlite_bind(struct sqlite_db *d, int sql, const struct meta_param *p, size_t n, struct err *err);

/* `match` and `done` of SQL_MATCH, as in struct meta_backend. */
int sqlite_match(void *db, const struct filter *f, enum meta_order order, uint64_t collection,
    uint64_t from, size_t limit, struct err *err);
void sqlite_match_done(struct sqlite_db *d);

/* Prepare the statements of transactions; before the first of them. */
int sqlite_prepare_kept(struct sqlite_db *d, struct err *err);

/* BEGIN, COMMIT, ROLLBACK, as in struct meta_backend. */
int sqlite_begin(void *db, struct err *err);
int sqlite_commit(void *db, uint64_t number, struct err *err);
void sqlite_rollback(void *db);

/* A copy of the database, as in struct meta_backend. */
int sqlite_copy_begin(void *db, const char *path, void **out, struct err *err);
int sqlite_copy_step(void *copy, bool all, struct err *err);
void sqlite_copy_end(void *copy);

/*
 * What the schema's version is, 0 for a new database; changes nothing.  META_ECORRUPT when it is
 * not ours, damaged, or newer than this program.
 */
int sqlite_schema_check(struct sqlite_db *d, int *version, struct err *err);

/* Bring the schema from *version up to date, a transaction for each step.  Fails as meta_commit. */
int sqlite_schema_migrate(struct sqlite_db *d, int *version, struct err *err);

/* The one number that `sql` gives. */
int sqlite_number(struct sqlite_db *d, const char *sql, int64_t *n, struct err *err);

/* As in struct meta_backend. */
int sqlite_trim(void *db, struct err *err);

/*
 * Let the database, which is ours and in no transaction, be one that can be trimmed.  It is not when
 * the disk is too full for that.  0 or a failure.
 */
int sqlite_trim_prepare(struct sqlite_db *d, struct err *err);

/* Opening, closing and meta_reset, as in struct meta_backend. */
int sqlite_db_open(const char *uri, const char *folder, void **db, int *schema, struct err *err);
void sqlite_db_close(void *db);
int sqlite_db_reset(void *db, struct err *err);

#endif
