/*
 * service_sqlite.c - SQLite with the extension sqlite-vec; `where` is the database, VEC0 the extension.
 *
 * There is no server: each client opens the file, write-ahead log, synchronous=FULL.  Its search
 * compares with every vector.
 */

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "service.h"

struct base {
	sqlite3 *db;
	sqlite3_stmt *add, *get, *search;
};

static int
fail(struct base *b, const char *what)
{
	fprintf(stderr, "sqlite: %s: %s\n", what, sqlite3_errmsg(b->db));
	return -1;
}

static int
run(struct base *b, const char *sql)
{
	return sqlite3_exec(b->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(b, sql);
}

static int
prepare(struct base *b, const char *sql, sqlite3_stmt **out)
{
	return sqlite3_prepare_v2(b->db, sql, -1, out, NULL) == SQLITE_OK ? 0 : fail(b, sql);
}

static void
close_base(void *conn)
{
	struct base *b = conn;

	sqlite3_finalize(b->add);
	sqlite3_finalize(b->get);
	sqlite3_finalize(b->search);
	sqlite3_close(b->db);
	free(b);
}

static void *
open_base(const char *where)
{
	struct base *b = calloc(1, sizeof(*b));

	if (b == NULL)
		abort();
	if (sqlite3_open(where, &b->db) != SQLITE_OK) {
		fail(b, where);
		goto bad;
	}
	sqlite3_busy_timeout(b->db, 60000);
	sqlite3_enable_load_extension(b->db, 1);
	if (sqlite3_load_extension(b->db, getenv("VEC0"), NULL, NULL) != SQLITE_OK) {
		fail(b, "loading sqlite-vec");
		goto bad;
	}
	if (run(b, "pragma journal_mode = wal; pragma synchronous = full; pragma mmap_size = 1073741824;"
	        "create virtual table if not exists v using vec0(x float[100] distance_metric=cosine)") == 0 &&
	    prepare(b, "insert into v(x) values (?)", &b->add) == 0 &&
	    prepare(b, "select x from v where rowid = ?", &b->get) == 0 &&
	    prepare(b, "select rowid, distance from v where x match (select x from v where rowid = ?) and k = ?",
	        &b->search) == 0)
		return b;
bad:
	close_base(b);
	return NULL;
}

static int
add(void *conn, const float *x, size_t n)
{
	struct base *b = conn;

	if (run(b, "begin immediate") != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		sqlite3_bind_blob(b->add, 1, x + i * DIM, DIM * sizeof(*x), SQLITE_STATIC);
		if (sqlite3_step(b->add) != SQLITE_DONE)
			return fail(b, "insert");
		sqlite3_reset(b->add);
	}
	return run(b, "commit");
}

/* Ask for all rows of a statement; `least` must come. */
static int
ask(struct base *b, sqlite3_stmt *s, uint64_t id, int least)
{
	int rc, n = 0;

	sqlite3_bind_int64(s, 1, (sqlite3_int64)id + 1);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		n += sqlite3_column_bytes(s, 0) > 0;
	sqlite3_reset(s);
	return rc == SQLITE_DONE && n >= least ? 0 : fail(b, "select");
}

static int
get(void *conn, uint64_t id)
{
	struct base *b = conn;

	return ask(b, b->get, id, 1);
}

static int
search(void *conn, uint64_t id)
{
	struct base *b = conn;

	sqlite3_bind_int(b->search, 2, NEAREST + 1);	/* it finds itself, too */
	return ask(b, b->search, id, NEAREST);
}

const struct service service_sqlite = { "sqlite-vec", open_base, close_base, add, get, search, NULL };
