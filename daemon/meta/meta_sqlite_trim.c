/*
 * meta_sqlite_trim.c - giving free pages back to the file system.
 *
 * SQLite keeps the pages of rows that were removed for rows to come.  With auto_vacuum=INCREMENTAL it
 * notes who refers to each page, so that pages from the end of the file can be moved into the free
 * ones, some at a time.  A database that was made without is rewritten once, by VACUUM.
 */

#include "meta_sqlite.h"

#define PIECE "256"	/* pages, 1 MiB: some milliseconds */
#define PAGES_LEAST 64	/* free pages that are not worth a move ... */
#define SHARE 20	/* ... nor is one page in so many */

static int
run(struct sqlite_db *d, const char *sql, const char *what, struct err *err)
{
	int rc = sqlite3_exec(d->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : sqlite_fail(d, rc, what, err);
}

/* May a piece be freed, and is it worth it?  1: yes. */
static int
is_loose(struct sqlite_db *d, struct err *err)
{
	int64_t nfree, pages;
	int rc;

	if ((rc = sqlite_number(d, "PRAGMA freelist_count", &nfree, err)) != 0 ||
	    (rc = sqlite_number(d, "PRAGMA page_count", &pages, err)) != 0)
		return rc;
	return nfree > PAGES_LEAST && nfree > pages / SHARE;
}

/* After the last piece the log goes into the file, which is cut then. */
int
sqlite_trim(void *db, struct err *err)
{
	struct sqlite_db *d = db;
	int rc;

	if ((rc = is_loose(d, err)) != 1)
		return rc;
	if ((rc = run(d, "PRAGMA incremental_vacuum(" PIECE ")", "free pages", err)) != 0 ||
	    (rc = is_loose(d, err)) != 0)
		return rc;
	return run(d, "PRAGMA wal_checkpoint(TRUNCATE)", "empty the log", err);
}

int
sqlite_trim_prepare(struct sqlite_db *d, struct err *err)
{
	int64_t mode;
	int rc;

	if ((rc = sqlite_number(d, "PRAGMA auto_vacuum", &mode, err)) != 0 || mode != 0)
		return rc;
	if ((rc = run(d, "PRAGMA auto_vacuum = INCREMENTAL; VACUUM", "rewrite the database", err)) ==
	    META_ENOSPC)
		return 0;
	return rc;
}
