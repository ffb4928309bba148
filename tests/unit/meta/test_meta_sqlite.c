/*
 * test_meta_sqlite.c - what is SQLite's alone: the file, who may have it, and what becomes of it
 * when it is not what it should be.
 */

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fixture.h"
#include "meta_sqlite.h"

static const char *
path_of(const struct fixture *f, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", f->folder, name);
	return path;
}

/* --- the file ---------------------------------------------------------------------------------- */

static int
setup_umask_0(void **state)
{
	mode_t old = umask(0);
	int rc = setup(state);

	umask(old);
	return rc;
}

static void
files_are_the_owners_alone_whatever_the_umask(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(stat(path_of(f, "meta.db"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(path_of(f, "meta.db-wal"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(access(path_of(f, "meta.db-shm"), F_OK), -1);	/* exclusive: none needed */
}

static void
a_missing_folder_is_an_error_with_its_name(void **state)
{
	struct fixture *f = *state;
	struct meta *m = f->m;

	want(f, meta_open(NULL, path_of(f, "none"), &m, &f->err), META_EIO);
	assert_null(m);
	assert_non_null(strstr(f->err.text, "none/meta.db"));
}

static void
other_databases_are_not_in_this_build(void **state)
{
	struct fixture *f = *state;
	struct meta *m = f->m;

	want(f, meta_open("postgresql://u:secret@h/d", f->folder, &m, &f->err), META_EUNAVAILABLE);
	assert_null(m);
	assert_string_equal(f->err.text, "this build keeps metadata in SQLite only; unset DB_URI");
	want(f, meta_open("mysql://u:secret@h/d", f->folder, &m, &f->err), META_EUNAVAILABLE);
	assert_null(strstr(f->err.text, "secret"));
}

/* --- who has it -------------------------------------------------------------------------------- */

/* In a child: wait for a byte, then open `folder`; the exit status is minus the result. */
static void
open_in_child(const char *folder, int from)
{
	struct meta *m;
	char byte;
	int rc;

	if (read(from, &byte, 1) != 1)
		_exit(100);
	rc = meta_open(NULL, folder, &m, NULL);
	meta_close(m);
	_exit(-rc);
}

/* The child is forked before the database is open, so that it knows of it by the file alone. */
static int
result_in_another_process(struct fixture *f, bool keep_open)
{
	int fds[2], status;
	pid_t pid;

	meta_close(f->m);
	f->m = NULL;
	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0)
		open_in_child(f->folder, fds[0]);
	assert_true(pid > 0);
	ok(f, meta_open(NULL, f->folder, &f->m, &f->err));
	if (!keep_open) {
		meta_close(f->m);
		f->m = NULL;
	}
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fds[0]);
	close(fds[1]);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void
another_process_is_told_that_it_is_taken(void **state)
{
	struct fixture *f = *state;
	struct meta *second = f->m;

	assert_int_equal(result_in_another_process(f, true), META_EUNAVAILABLE);
	want(f, meta_open(NULL, f->folder, &second, &f->err), META_EUNAVAILABLE);
	assert_string_equal(f->err.text, "meta.db is in use by another process");
	assert_null(second);
	/* Having been asked for changed nothing: it is still ours. */
	begin(f);
	put(f, 0, 0, "x");
	commit(f);
	assert_int_equal(result_in_another_process(f, true), META_EUNAVAILABLE);
}

static void
another_process_may_have_it_afterwards(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(result_in_another_process(f, false), 0);
}

/* --- what is in it ----------------------------------------------------------------------------- */

/* Close, and run SQL on the file behind its back. */
static void
tamper(struct fixture *f, const char *sql)
{
	sqlite3 *db;

	meta_close(f->m);
	f->m = NULL;
	assert_int_equal(sqlite3_open(path_of(f, "meta.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
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
	refused_and_left_alone(f, "schema 4711, this program knows schemas up to 1");
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
	char bytes[10000];

	meta_close(f->m);
	f->m = NULL;
	memset(bytes, 'g', sizeof(bytes));
	file_write(f, bytes, sizeof(bytes));
	refused_and_left_alone(f, "not a database");
	file_write(f, bytes, 1);
	refused_and_left_alone(f, "cut to 1 bytes");
}

static void
fill(struct fixture *f, uint32_t n)
{
	char text[200];
	uint32_t i;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	begin(f);
	for (i = 0; i < n; i++)
		put(f, i, i, text);
	commit(f);
}

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

/* --- a full database --------------------------------------------------------------------------- */

static void
limit_pages(struct fixture *f, const char *sql)
{
	struct sqlite_db *d = f->m->db;

	assert_int_equal(sqlite3_exec(d->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void
a_full_database_says_so_and_is_usable_afterwards(void **state)
{
	struct fixture *f = *state;
	struct meta_item item = item_of(0, 0, NULL, NULL, NULL), got;
	char text[4000];
	struct meta_txn *t;
	uint32_t i;
	int rc = 0;

	memset(text, 'x', sizeof(text));
	item.text = text;
	item.text_len = sizeof(text);
	limit_pages(f, "PRAGMA max_page_count = 40");
	begin(f);
	for (i = 0; rc == 0 && i < 100; i++) {
		item.id = item.slot = i;
		rc = meta_item_put(f->t, f->c, &item, &f->err);
	}
	want(f, rc, META_ENOSPC);
	assert_non_null(strstr(f->err.text, "full"));
	t = f->t;
	f->t = NULL;
	want(f, meta_commit(t, &f->err), META_ENOSPC);
	want(f, meta_item_by_id(f->m, f->c, 0, 0, &got, &f->err), META_NONE);

	begin(f);
	put(f, 0, 0, "a small one");
	commit(f);
	limit_pages(f, "PRAGMA max_page_count = 4000");
	fill(f, 300);
	reopen(f);
	ok(f, meta_item_by_id(f->m, f->c, 299, 0, &got, &f->err));
}

/* --- plans ------------------------------------------------------------------------------------- */

/* Every statement finds its rows through an index; only the list of everything reads everything. */
static void
no_statement_scans_a_table(void **state)
{
	struct fixture *f = *state;
	struct sqlite_db *d = f->m->db;
	const char *detail;
	char sql[1024];
	sqlite3_stmt *st;
	int i, steps = 0;

	for (i = 0; i < SQL_N; i++) {
		snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", meta_sql_text[i]);
		assert_int_equal(sqlite3_prepare_v2(d->db, sql, -1, &st, NULL), SQLITE_OK);
		while (sqlite3_step(st) == SQLITE_ROW) {
			steps++;
			detail = (const char *)sqlite3_column_text(st, 3);
			if (i != SQL_COLLECTION_LIST_ALL &&
			    (strstr(detail, "SCAN") != NULL || strstr(detail, "B-TREE") != NULL))
				fail_msg("%s: %s", meta_sql_text[i], detail);
			if (i == SQL_ITEM_BY_SLOT || i == SQL_ITEMS_LIVE)
				assert_non_null(strstr(detail, "items_slot"));
			if (i == SQL_ITEM_BY_KEY)
				assert_non_null(strstr(detail, "items_key"));
		}
		sqlite3_finalize(st);
	}
	assert_true(steps > 15);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_are_the_owners_alone_whatever_the_umask,
		    setup_umask_0, teardown),
		TEST(a_missing_folder_is_an_error_with_its_name),
		TEST(other_databases_are_not_in_this_build),
		TEST(another_process_is_told_that_it_is_taken),
		TEST(another_process_may_have_it_afterwards),
		TEST(a_newer_schema_is_refused_and_left_alone),
		TEST(another_programs_database_is_refused_and_left_alone),
		TEST(missing_tables_are_damage),
		TEST(garbage_is_refused_and_left_alone),
		TEST(a_truncated_file_is_refused_and_left_alone),
		TEST(an_empty_file_is_a_new_database_but_not_beside_a_log),
		TEST(a_damaged_file_never_crashes),
		TEST(a_full_database_says_so_and_is_usable_afterwards),
		TEST(no_statement_scans_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
