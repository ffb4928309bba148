/*
 * meta_sqlite_schema.c - the tables, and how an older database becomes a newer one.
 *
 * PRAGMA user_version counts the scripts that have run.  Each runs in a transaction of its own with
 * the new number, so a crash leaves one version or the next.  A script that was released is never
 * changed again: what follows is a further script.
 */

#include <stdio.h>

#include "meta_sqlite.h"

/* "cvec": tells our file from any other database.  Never changes. */
#define APPLICATION_ID 0x63766563

/*
 * Items are clustered by (collection, id), slots by (collection, generation, slot): an add of many appends to the table's end, and a walk
 * reads pages in order.  The text comes last, so that nothing is behind its overflow pages.  It is
 * a blob because it may hold NUL bytes.  Lengths are those of meta.h, in bytes.
 */
static const char *const scripts[] = {
	"CREATE TABLE users ("
	"	id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	name TEXT NOT NULL UNIQUE CHECK (length(CAST(name AS BLOB)) <= 63),"
	"	password TEXT NOT NULL,"
	"	metric TEXT NOT NULL DEFAULT 'cosine' CHECK (length(CAST(metric AS BLOB)) <= 15),"
	"	collection TEXT NOT NULL DEFAULT 'default'"
	"		CHECK (length(CAST(collection AS BLOB)) <= 63),"
	"	created INTEGER NOT NULL"
	") STRICT;"

	"CREATE TABLE sessions ("
	"	sid TEXT PRIMARY KEY CHECK (length(CAST(sid AS BLOB)) <= 64),"
	"	user_id INTEGER NOT NULL REFERENCES users (id),"
	"	expires INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX sessions_user ON sessions (user_id);"
	"CREATE INDEX sessions_expires ON sessions (expires);"

	"CREATE TABLE collections ("
	"	number INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	user_id INTEGER NOT NULL REFERENCES users (id),"
	"	name TEXT NOT NULL CHECK (length(CAST(name AS BLOB)) <= 63),"
	"	metric TEXT NOT NULL CHECK (length(CAST(metric AS BLOB)) <= 15),"
	"	dim INTEGER NOT NULL,"
	"	m INTEGER NOT NULL,"
	"	ef_construction INTEGER NOT NULL,"
	"	seed INTEGER NOT NULL,"
	"	provider TEXT NOT NULL CHECK (length(CAST(provider AS BLOB)) <= 15),"
	"	model TEXT NOT NULL CHECK (length(CAST(model AS BLOB)) <= 63),"
	"	version TEXT NOT NULL CHECK (length(CAST(version AS BLOB)) <= 31),"
	"	identity INTEGER NOT NULL,"
	"	generation INTEGER NOT NULL,"
	"	next_id INTEGER NOT NULL CHECK (next_id >= 0),"
	"	next_slot INTEGER NOT NULL CHECK (next_slot >= 0),"
	"	count INTEGER NOT NULL CHECK (count >= 0),"
	"	created INTEGER NOT NULL,"
	"	UNIQUE (user_id, name)"
	") STRICT;"

	"CREATE TABLE items ("
	"	collection INTEGER NOT NULL REFERENCES collections (number),"
	"	id INTEGER NOT NULL CHECK (id >= 0),"
	"	slot INTEGER NOT NULL CHECK (slot >= 0),"
	"	crc INTEGER NOT NULL,"
	"	key TEXT CHECK (length(CAST(key AS BLOB)) <= 255),"
	"	meta TEXT,"
	"	text BLOB,"
	"	PRIMARY KEY (collection, id)"
	") STRICT, WITHOUT ROWID;"
	"CREATE UNIQUE INDEX items_slot ON items (collection, slot);"
	"CREATE UNIQUE INDEX items_key ON items (collection, key) WHERE key IS NOT NULL;"

	"CREATE TABLE requests ("
	"	user_id INTEGER NOT NULL REFERENCES users (id),"
	"	request TEXT NOT NULL CHECK (length(CAST(request AS BLOB)) <= 128),"
	"	collection INTEGER NOT NULL REFERENCES collections (number),"
	"	digest INTEGER NOT NULL,"
	"	answer TEXT NOT NULL,"
	"	created INTEGER NOT NULL,"
	"	PRIMARY KEY (user_id, request)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX requests_collection ON requests (collection);"
	"CREATE INDEX requests_created ON requests (created);",

	/* The slots, and the generations that are built, out of the items. */
	"CREATE TABLE slots ("
	"	collection INTEGER NOT NULL,"
	"	generation INTEGER NOT NULL,"
	"	slot INTEGER NOT NULL CHECK (slot >= 0),"
	"	id INTEGER NOT NULL,"
	"	crc INTEGER NOT NULL,"
	"	PRIMARY KEY (collection, generation, slot)"
	") STRICT, WITHOUT ROWID;"
	"INSERT INTO slots SELECT items.collection, generation, slot, id, crc"
	"	FROM items JOIN collections ON number = items.collection"
	"	ORDER BY items.collection, slot;"
	"CREATE UNIQUE INDEX slots_id ON slots (collection, id, generation);"
	"DROP INDEX items_slot;"
	"ALTER TABLE items DROP COLUMN slot;"
	"ALTER TABLE items DROP COLUMN crc;"

	"CREATE TABLE builds ("
	"	collection INTEGER PRIMARY KEY REFERENCES collections (number),"
	"	generation INTEGER NOT NULL,"
	"	embeds INTEGER NOT NULL,"
	"	metric TEXT NOT NULL CHECK (length(CAST(metric AS BLOB)) <= 15),"
	"	dim INTEGER NOT NULL,"
	"	provider TEXT NOT NULL CHECK (length(CAST(provider AS BLOB)) <= 15),"
	"	model TEXT NOT NULL CHECK (length(CAST(model AS BLOB)) <= 63),"
	"	version TEXT NOT NULL CHECK (length(CAST(version AS BLOB)) <= 31),"
	"	identity INTEGER NOT NULL,"
	"	started INTEGER NOT NULL"
	") STRICT;",

	/* What a graph goes by.  There were only these before. */
	"ALTER TABLE collections ADD COLUMN codes TEXT NOT NULL DEFAULT 'fast'"
	"	CHECK (length(CAST(codes AS BLOB)) <= 15);",
};

enum { VERSION = sizeof(scripts) / sizeof(scripts[0]) };

_Static_assert(META_USERNAME_MAX == 63 && META_NAME_MAX == 63 && META_KEY_MAX == 255 &&
    META_REQUEST_MAX == 128, "the lengths above");

/* Those that refer go before those that are referred to. */
static const char drop_all[] = "DROP TABLE requests; DROP TABLE builds; DROP TABLE slots; "
			       "DROP TABLE items; DROP TABLE collections; "
			       "DROP TABLE sessions; DROP TABLE users;";

static int
run(struct sqlite_db *d, const char *sql, const char *what, struct err *err)
{
	int rc = sqlite3_exec(d->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : sqlite_fail(d, rc, what, err);
}

int
sqlite_number(struct sqlite_db *d, const char *sql, int64_t *n, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int rc;

	*n = 0;
	if ((rc = sqlite3_prepare_v2(d->db, sql, -1, &st, NULL)) == SQLITE_OK &&
	    (rc = sqlite3_step(st)) == SQLITE_ROW) {
		*n = sqlite3_column_int64(st, 0);
		rc = SQLITE_OK;
	}
	rc = rc == SQLITE_OK ? 0 : sqlite_fail(d, rc, "read the schema", err);
	sqlite3_finalize(st);
	return rc;
}

int
sqlite_schema_check(struct sqlite_db *d, int *version, struct err *err)
{
	int64_t application, have, tables;
	int rc;

	if ((rc = sqlite_number(d, "PRAGMA application_id", &application, err)) != 0 ||
	    (rc = sqlite_number(d, "PRAGMA user_version", &have, err)) != 0 ||
	    (rc = sqlite_number(d, "SELECT count(*) FROM sqlite_schema", &tables, err)) != 0)
		return rc;
	if (application == 0 && have == 0 && tables == 0) {
		*version = 0;
		return 0;
	}
	if (application != APPLICATION_ID)
		return err_set(err, META_ECORRUPT,
		    "meta.db is a database of something else than coolvec");
	if (have > VERSION)
		return err_set(err, META_ECORRUPT,
		    "meta.db has schema %lld, this program knows schemas up to %d: use a newer one",
		    (long long)have, VERSION);
	if (have < 1 || tables == 0)
		return err_set(err, META_ECORRUPT, "meta.db is damaged: schema %lld, %lld tables",
		    (long long)have, (long long)tables);
	*version = (int)have;
	return 0;
}

/* Run script number `i`, inside a transaction. */
static int
apply(struct sqlite_db *d, int i, struct err *err)
{
	char numbers[96];
	int rc;

	snprintf(numbers, sizeof(numbers), "PRAGMA application_id = %d; PRAGMA user_version = %d",
	    APPLICATION_ID, i + 1);
	if ((rc = run(d, scripts[i], "make the tables", err)) != 0)
		return rc;
	return run(d, numbers, "set the schema's version", err);
}

int
sqlite_schema_migrate(struct sqlite_db *d, int *version, struct err *err)
{
	int rc;

	for (; *version < VERSION; (*version)++) {
		if ((rc = sqlite_begin(d, err)) != 0)
			return rc;
		if ((rc = apply(d, *version, err)) != 0) {
			sqlite_rollback(d);
			return rc;
		}
		if ((rc = sqlite_commit(d, 0, err)) != 0)
			return rc;
	}
	return 0;
}

int
sqlite_db_reset(void *db, struct err *err)
{
	struct sqlite_db *d = db;
	int i, rc;

	if ((rc = sqlite_begin(d, err)) != 0)
		return rc;
	rc = run(d, drop_all, "drop the tables", err);
	for (i = 0; rc == 0 && i < VERSION; i++)
		rc = apply(d, i, err);
	if (rc != 0) {
		sqlite_rollback(d);
		return rc;
	}
	return sqlite_commit(d, 0, err);
}
