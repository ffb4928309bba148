/*
 * test_meta_copy.c - a copy is the database as of its last step, whatever was written meanwhile.
 */

#include "fixture.h"

#include <sys/stat.h>

#define ITEMS 20000		/* some 5 MiB: several steps */

struct copied {
	char folder[80];
	struct meta *m;
};

static void
open_copy(struct fixture *f, struct copied *c)
{
	ok(f, meta_open(NULL, c->folder, &c->m, &f->err));
}

static void
close_copy(struct copied *c)
{
	meta_close(c->m);
	c->m = NULL;
	folder_remove(c->folder);
}

/* Begin a copy in a folder of its own. */
static struct meta_copy *
begin_copy(struct fixture *f, struct copied *c)
{
	struct meta_copy *cp;
	char path[128];

	folder_make(c->folder, sizeof(c->folder));
	snprintf(path, sizeof(path), "%s/meta.db", c->folder);
	ok(f, meta_copy_begin(f->m, path, &cp, &f->err));
	return cp;
}

static int
count_one(void *arg, const struct meta_item *item)
{
	uint64_t *sum = arg;

	*sum += item->id + 1;
	return 0;
}

/* The sum of all ids, each with 1 added. */
static uint64_t
sum_of(struct fixture *f, struct meta *m)
{
	uint64_t sum = 0;

	ok(f, meta_items_walk(m, f->c, 0, SIZE_MAX, 0, count_one, &sum, &f->err));
	return sum;
}

static void
put_one(struct fixture *f, uint64_t id)
{
	begin(f);
	put(f, id, (uint32_t)id, "written meanwhile");
	commit(f);
}

static void
delete_one(struct fixture *f, uint64_t id)
{
	begin(f);
	ok(f, meta_item_delete(f->t, f->c, id, &f->err));
	commit(f);
}

static void
copy_has_what_was_written_while_it_was_made(void **state)
{
	struct fixture *f = *state;
	struct meta_copy *cp;
	struct copied c;
	uint64_t steps = 0, sum;
	int rc;

	fill(f, ITEMS);
	cp = begin_copy(f, &c);
	while ((rc = meta_copy_some(cp, &f->err)) == 1) {
		delete_one(f, steps * 10);		/* of pages that were copied */
		delete_one(f, ITEMS - 1 - steps);	/* and that were not */
		put_one(f, ITEMS + steps++);
	}
	ok(f, rc);
	assert_true(steps > 1 || test_uri() != NULL);	/* there all is done in the end */
	put_one(f, ITEMS + steps);
	ok(f, meta_copy_rest(cp, &f->err));
	sum = sum_of(f, f->m);
	put_one(f, ITEMS + 1000);			/* too late */
	ok(f, meta_copy_finish(cp, &f->err));
	meta_copy_free(cp);
	open_copy(f, &c);
	assert_true(sum_of(f, c.m) == sum);
	assert_true(sum_of(f, f->m) == sum + ITEMS + 1001);
	close_copy(&c);
}

static void
small_database_is_copied_as_of_the_last_step_too(void **state)
{
	struct fixture *f = *state;
	struct copied c;
	struct meta_copy *cp = begin_copy(f, &c);
	struct stat st;
	char path[128];

	ok(f, meta_copy_some(cp, &f->err));
	put_one(f, 7);
	ok(f, meta_copy_some(cp, &f->err));
	put_one(f, 8);
	ok(f, meta_copy_rest(cp, &f->err));
	ok(f, meta_copy_finish(cp, &f->err));
	meta_copy_free(cp);
	snprintf(path, sizeof(path), "%s/meta.db-wal", c.folder);
	assert_int_not_equal(stat(path, &st), 0);
	snprintf(path, sizeof(path), "%s/meta.db", c.folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	open_copy(f, &c);
	assert_true(sum_of(f, c.m) == 8 + 9);
	close_copy(&c);
}

static void
copy_that_is_given_up_leaves_the_database_alone(void **state)
{
	struct fixture *f = *state;
	struct copied c;
	struct meta_copy *cp;

	fill(f, ITEMS);
	cp = begin_copy(f, &c);
	want(f, meta_copy_some(cp, &f->err), test_uri() != NULL ? 0 : 1);
	put_one(f, ITEMS);
	meta_copy_free(cp);
	folder_remove(c.folder);
	put_one(f, ITEMS + 1);
	reopen(f);
	assert_true(sum_of(f, f->m) == (uint64_t)(ITEMS + 2) * (ITEMS + 3) / 2);
}

static void
file_that_is_there_is_not_written_over(void **state)
{
	struct fixture *f = *state;
	struct meta_copy *cp;
	FILE *file = fopen(path_of(f, "meta.db"), "ab");

	assert_non_null(file);
	fclose(file);
	want(f, meta_copy_begin(f->m, path_of(f, "meta.db"), &cp, &f->err), META_EIO);
	assert_null(cp);
	want(f, meta_copy_begin(f->m, path_of(f, "none/meta.db"), &cp, &f->err), META_EIO);
	assert_null(cp);
	put_one(f, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(copy_has_what_was_written_while_it_was_made),
		TEST(small_database_is_copied_as_of_the_last_step_too),
		TEST(copy_that_is_given_up_leaves_the_database_alone),
		TEST(file_that_is_there_is_not_written_over),
	};

	return cmocka_run_group_tests_name("meta_copy", tests, NULL, NULL);
}
