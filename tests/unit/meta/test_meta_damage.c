/*
 * test_meta_damage.c - a meta.db that is not what it should be: refused with a sentence and left as
 * it is, or, where that is found out later only, a failure and never a crash.
 */

#include <fcntl.h>

#include "fixture.h"
#include "meta_sqlite.h"

/* Close, and run SQL on the file behind its back; what it writes may be left in the log. */
static void
tamper_in(struct fixture *f, bool in_log, const char *sql)
{
	sqlite3 *db;

	meta_close(f->m);
	f->m = NULL;
	assert_int_equal(sqlite3_open(path_of(f, "meta.db"), &db), SQLITE_OK);
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, in_log, NULL);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
tamper(struct fixture *f, const char *sql)
{
	tamper_in(f, false, sql);
}

static size_t
file_read(const struct fixture *f, char *to, size_t size)
{
	int fd = open(path_of(f, "meta.db"), O_RDONLY);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, to, size);
	close(fd);
	assert_true(n >= 0 && (size_t)n < size);
	return (size_t)n;
}

static void
file_write(const struct fixture *f, const char *from, size_t n)
{
	int fd = open(path_of(f, "meta.db"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, from, n), n);
	close(fd);
}

enum { FILE_MAX = 1 << 20 };

static void
refused_and_left_alone(struct fixture *f, const char *sentence)
{
	char *before = malloc(FILE_MAX), *after = malloc(FILE_MAX);
	size_t n;

	assert_true(before != NULL && after != NULL);
	n = file_read(f, before, FILE_MAX);
	want(f, meta_open(NULL, f->folder, &f->m, &f->err), META_ECORRUPT);
	assert_null(f->m);
	if (strstr(f->err.text, sentence) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", f->err.text, sentence);
	assert_int_equal(file_read(f, after, FILE_MAX), n);
	assert_memory_equal(before, after, n);
	free(before);
	free(after);
}

static void
a_newer_schema_is_refused_and_left_alone(void **state)
{
	struct fixture *f = *state;

	tamper(f, "PRAGMA user_version = 4711");
	refused_and_left_alone(f, "schema 4711, this program knows schemas up to 3");
	tamper_in(f, true, "PRAGMA user_version = 4712");
	refused_and_left_alone(f, "schema 4712");
	assert_int_equal(access(path_of(f, "meta.db-wal"), F_OK), 0);
}

static void
another_programs_database_is_refused_and_left_alone(void **state)
{
	struct fixture *f = *state;

	tamper(f, "PRAGMA application_id = 7");
	refused_and_left_alone(f, "something else");
	assert_int_equal(unlink(path_of(f, "meta.db")), 0);
	tamper(f, "CREATE TABLE t (a)");
	refused_and_left_alone(f, "something else");
}

static void
missing_tables_are_damage(void **state)
{
	struct fixture *f = *state;
	struct meta_item got;

	tamper(f, "DROP TABLE items");
	ok(f, meta_open(NULL, f->folder, &f->m, &f->err));
	want(f, meta_item_by_id(f->m, f->c, 0, 0, &got, &f->err), META_ECORRUPT);
	assert_non_null(strstr(f->err.text, "no such table"));
	tamper(f, "DROP TABLE requests; DROP TABLE collections; DROP TABLE sessions;"
	    "DROP TABLE users; PRAGMA writable_schema = ON; DELETE FROM sqlite_schema");
	refused_and_left_alone(f, "damaged");
}

static void
garbage_is_refused_and_left_alone(void **state)
{
	struct fixture *f = *state;
	char bytes[20 * 512];

	meta_close(f->m);
	f->m = NULL;
	memset(bytes, 'g', sizeof(bytes));
	file_write(f, bytes, sizeof(bytes));
	refused_and_left_alone(f, "not a database");
	file_write(f, bytes, 1);
	refused_and_left_alone(f, "cut to 1 bytes");
}

/* A cut by a multiple of 512 within the last page is noticed only when that page is read. */
static void
a_truncated_file_is_refused_and_left_alone(void **state)
{
	struct fixture *f = *state;
	char *whole = malloc(FILE_MAX);
	size_t n, at;

	assert_non_null(whole);
	fill(f, 300);
	meta_close(f->m);
	f->m = NULL;
	n = file_read(f, whole, FILE_MAX);
	assert_true(n > 60000);
	for (at = 1; at < n; at += at < 4096 ? 511 : 4096 - 7) {
		file_write(f, whole, at);
		refused_and_left_alone(f, "meta.db");
	}
	file_write(f, whole, n);
	ok(f, meta_open(NULL, f->folder, &f->m, &f->err));
	free(whole);
}

/* An empty file is one that was made and not written to yet, unless there is a log beside it. */
static void
an_empty_file_is_a_new_database_but_not_beside_a_log(void **state)
{
	struct fixture *f = *state;
	struct meta_user u;
	int fd;

	meta_close(f->m);
	f->m = NULL;
	file_write(f, "", 0);
	ok(f, meta_open(NULL, f->folder, &f->m, &f->err));
	want(f, meta_user_find(f->m, "ann", &u, NULL, &f->err), META_NONE);
	meta_close(f->m);
	f->m = NULL;

	file_write(f, "", 0);
	fd = open(path_of(f, "meta.db-wal"), O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "log", 3), 3);
	close(fd);
	refused_and_left_alone(f, "cut to 0 bytes");
	assert_int_equal(access(path_of(f, "meta.db-wal"), F_OK), 0);
}

static int
any(void *arg, const struct meta_item *item)
{
	(void)arg;
	(void)item;
	return 0;
}

/* Use everything of a database that may be damaged; what comes is an answer or a failure. */
static void
use(struct fixture *f)
{
	struct meta_collection *list;
	struct meta_item item = item_of(7, 1000, "x", "k", NULL), got;
	struct meta_user u;
	struct meta_txn *t;
	uint64_t live[8];
	uint32_t slot = 8;
	size_t n;
	int rc;

	(void)meta_user_find(f->m, "ann", &u, NULL, &f->err);
	if (meta_collection_list(f->m, 0, &list, &n, &f->err) == 0)
		free(list);
	(void)meta_items_walk(f->m, f->c, 0, SIZE_MAX, META_ALL, any, NULL, &f->err);
	(void)meta_items_live(f->m, f->c, 512, live, &f->err);
	if (meta_items_by_slot(f->m, f->c, &slot, 1, META_ALL, &got, &f->err) == 0)
		meta_item_fini(&got);
	if (meta_begin(f->m, &t, &f->err) != 0)
		return;
	(void)meta_item_put(t, f->c, &item, &f->err);
	(void)meta_item_delete(t, f->c, 3, &f->err);
	rc = meta_commit(t, &f->err);
	assert_true(rc <= 0 && rc >= META_ENOMEM);
}

/* Bytes changed at random, by a generator of our own so that a failure can be had again. */
static void
a_damaged_file_never_crashes(void **state)
{
	struct fixture *f = *state;
	char *whole = malloc(FILE_MAX), *bad = malloc(FILE_MAX);
	uint64_t seed = 88172645463325252u;
	int i, j, opened = 0, refused = 0;
	size_t n;

	assert_true(whole != NULL && bad != NULL);
	fill(f, 100);
	meta_close(f->m);
	f->m = NULL;
	n = file_read(f, whole, FILE_MAX);
	for (i = 0; i < 200; i++) {
		memcpy(bad, whole, n);
		for (j = 0; j < 1 + i % 30; j++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			bad[(i % 4 == 0 ? 100 : 0) + seed % (i % 4 == 0 ? 4000 : n)] =
			    (char)(seed >> 40);
		}
		unlink(path_of(f, "meta.db-wal"));
		file_write(f, bad, n);
		if (meta_open(NULL, f->folder, &f->m, &f->err) == 0) {
			opened++;
			use(f);
		} else {
			assert_int_equal(f->err.code, META_ECORRUPT);
			refused++;
		}
		meta_close(f->m);
		f->m = NULL;
	}
	assert_true(opened > 0 && refused > 0);
	free(whole);
	free(bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_newer_schema_is_refused_and_left_alone),
		TEST(another_programs_database_is_refused_and_left_alone),
		TEST(missing_tables_are_damage),
		TEST(garbage_is_refused_and_left_alone),
		TEST(a_truncated_file_is_refused_and_left_alone),
		TEST(an_empty_file_is_a_new_database_but_not_beside_a_log),
		TEST(a_damaged_file_never_crashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
