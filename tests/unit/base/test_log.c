/*
 * test_log.c - one line an event, nothing in it that could be taken for another; and err.h's
 * sentences, which end up there.
 */

#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>

#include "log.h"

static int kept;		/* standard error, while a file stands in its place */

static void
catch_begin(void)
{
	int fd = open(in_folder("log"), O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);

	assert_true(fd >= 0);
	kept = dup(STDERR_FILENO);
	assert_true(dup2(fd, STDERR_FILENO) == STDERR_FILENO);
	close(fd);
}

/* What was logged since; free it. */
static char *
catch_end(size_t *n)
{
	struct err err;
	char *text;

	dup2(kept, STDERR_FILENO);
	close(kept);
	assert_int_equal(file_read(in_folder("log"), 1 << 24, &text, n, &err), 0);
	return text;
}

static size_t
count_lines(const char *text)
{
	size_t n = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		n++;
	return n;
}

static void
line_has_time_level_and_sentence(void **state)
{
	char year[8], *text;
	size_t n;

	(void)state;
	log_init(LOG_INFO, false);
	catch_begin();
	log_warn("disk %d is %s", 3, "full");
	text = catch_end(&n);
	assert_int_equal(sscanf(text, "%4[0-9]-%*2d-%*2dT%*2d:%*2d:%*2d.%*3dZ warning: ", year), 1);
	assert_non_null(strstr(text, "Z warning: disk 3 is full\n"));
	assert_int_equal(count_lines(text), 1);
	free(text);
}

static void
journal_gets_priorities(void **state)
{
	char *text;
	size_t n;

	(void)state;
	log_init(LOG_DEBUG, true);
	catch_begin();
	log_error("a");
	log_warn("b");
	log_info("c");
	log_debug("d");
	text = catch_end(&n);
	log_init(LOG_INFO, false);
	assert_string_equal(text, "<3>a\n<4>b\n<6>c\n<7>d\n");
	free(text);
}

static void
lines_above_the_level_are_dropped(void **state)
{
	static const size_t lines[] = {
		[LOG_ERROR] = 1, [LOG_WARN] = 2, [LOG_INFO] = 3, [LOG_DEBUG] = 4
	};
	char *text;
	size_t n;

	(void)state;
	for (int level = LOG_ERROR; level <= LOG_DEBUG; level++) {
		log_init((enum log_level)level, false);
		catch_begin();
		log_error("a");
		log_warn("b");
		log_info("c");
		log_debug("d");
		text = catch_end(&n);
		assert_int_equal(count_lines(text), lines[level]);
		free(text);
	}
	log_init(LOG_INFO, false);
}

static void
control_characters_become_question_marks(void **state)
{
	char *text;
	size_t n;

	(void)state;
	log_init(LOG_INFO, true);
	catch_begin();
	log_info("a\nb\r\tc\x1b[31m\x7f\xc3\xa4");
	text = catch_end(&n);
	log_init(LOG_INFO, false);
	assert_string_equal(text, "<6>a?b??c?[31m?\xc3\xa4\n");
	free(text);
}

static void
long_line_is_cut_and_still_one_line(void **state)
{
	char big[5000], *text;
	size_t n;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	log_init(LOG_INFO, false);
	catch_begin();
	log_info("%s", big);
	log_info("next");
	text = catch_end(&n);
	assert_int_equal(count_lines(text), 2);
	assert_true(n > 900 && n < 1200);
	free(text);
}

static bool
is_debug_logged(void)
{
	char *text;
	size_t n;

	catch_begin();
	log_debug("d");
	text = catch_end(&n);
	free(text);
	return n > 0;
}

static void
debug_is_toggled_and_goes_back(void **state)
{
	static const enum log_level from[] = { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
	char *text;
	size_t n;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		log_init(from[i], false);
		assert_false(is_debug_logged());
		assert_true(log_toggle_debug());
		assert_true(is_debug_logged());
		assert_false(log_toggle_debug());
		assert_false(is_debug_logged());
		catch_begin();
		log_info("c");		/* back at the level it was */
		text = catch_end(&n);
		assert_int_equal(n > 0, from[i] == LOG_INFO);
		free(text);
	}
	log_init(LOG_DEBUG, false);
	assert_false(log_toggle_debug());
	assert_false(is_debug_logged());
	assert_true(log_toggle_debug());
	log_init(LOG_INFO, false);
}

#define WRITERS 4
#define LINES 500

static void *
write_lines(void *arg)
{
	for (int i = 0; i < LINES; i++)
		log_info("%c%0200d", *(const char *)arg, 0);
	return NULL;
}

static void
lines_of_threads_never_mix(void **state)
{
	static char names[WRITERS + 1] = "abcd";
	pthread_t threads[WRITERS];
	char *text, *next;
	size_t n;

	(void)state;
	log_init(LOG_INFO, true);
	catch_begin();
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &names[i]), 0);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	text = catch_end(&n);
	log_init(LOG_INFO, false);
	assert_int_equal(count_lines(text), WRITERS * LINES);
	for (char *line = text; *line != '\0'; line = next) {
		next = strchr(line, '\n') + 1;
		assert_int_equal(next - line, 3 + 1 + 200 + 1);
		assert_int_equal(line[3 + 200], '0');
	}
	free(text);
}

static void
sentence_has_code_and_words(void **state)
{
	char big[600];
	struct err e;

	(void)state;
	assert_int_equal(err_set(&e, -3, "disk %d", 7), -3);
	assert_int_equal(e.code, -3);
	assert_string_equal(e.text, "disk 7");
	assert_int_equal(err_sys(&e, -4, ENOSPC, "cannot write %s", "x"), -4);
	assert_string_equal(e.text, "cannot write x: No space left on device");
	assert_int_equal(err_set(NULL, -5, "nobody asks"), -5);
	assert_int_equal(err_sys(NULL, -6, EIO, "nobody asks"), -6);
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err_sys(&e, -1, EIO, "%s", big);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_make, folder_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(line_has_time_level_and_sentence),
		TEST(journal_gets_priorities),
		TEST(lines_above_the_level_are_dropped),
		TEST(control_characters_become_question_marks),
		TEST(long_line_is_cut_and_still_one_line),
		TEST(debug_is_toggled_and_goes_back),
		TEST(lines_of_threads_never_mix),
		TEST(sentence_has_code_and_words),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
