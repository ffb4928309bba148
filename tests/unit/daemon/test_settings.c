/*
 * test_settings.c - every setting, its default and what it cannot be.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "embed.h"
#include "settings.h"

static const char *const names[] = { "VEC_DB_PATH", "COOLVEC_SOCKET", "DB_URI", "SECRET_KEY",
	"ALGORITHM", "ACCESS_TOKEN_EXPIRE_MINUTES", "EMBEDDER", "EMBED_DIM",
	"EMBED_MODEL", "EMBED_BASE_URL", "GOOGLE_API_KEY", "EMBED_API_KEY", "EMBED_DOCUMENT_PREFIX",
	"EMBED_QUERY_PREFIX", "EMBED_CA_FILE", "EMBED_TIMEOUT_SECONDS", "EMBED_REQUESTS",
	"EMBED_TEXTS_PER_MINUTE", "EMBED_CACHE_MB",
	"COOLVEC_MAX_CONNECTIONS", "COOLVEC_GRACE_SECONDS", "COOLVEC_LINE_SECONDS",
	"COOLVEC_IDLE_SECONDS", "COOLVEC_CLOSE_SECONDS", "COOLVEC_WORKERS", "COOLVEC_INDEX_THREADS",
	"COOLVEC_LOG_LEVEL", "SECRET_KEY_OLD", "COOLVEC_MAX_LINE", "COOLVEC_MAX_VALUES",
	"COOLVEC_MAX_DEPTH", "COOLVEC_MAX_TEXT", "COOLVEC_MAX_BATCH", "COOLVEC_MAX_DIM", "COOLVEC_MAX_K",
	"COOLVEC_MAX_EF", "COOLVEC_MAX_ANSWER", "COOLVEC_MAX_READING", "COOLVEC_GUESSES",
	"COOLVEC_PASSWORD_KIB", "COOLVEC_PASSWORD_PASSES", "COOLVEC_SANDBOX", "COOLVEC_SNAPSHOT_DIRS",
	"COOLVEC_COMPACT_PERCENT", "COOLVEC_COMPACT_BYTES", "COOLVEC_MAX_OPEN" };

#define NNAMES (sizeof(names) / sizeof(names[0]))

static char said[1024];		/* names reported as unknown, each with a blank behind it */

static void
unknown(const char *name)
{
	strcat(said, name);
	strcat(said, " ");
}

static int
clear(void **state)
{
	(void)state;
	for (size_t i = 0; i < NNAMES; i++)
		unsetenv(names[i]);
	said[0] = '\0';
	return 0;
}

/* settings_load from a file of this text in a folder of its own, whose path goes to `where`. */
static int
load(const char *text, struct settings *s, char where[64], struct err *err)
{
	char path[80];
	struct env *e;
	FILE *f;
	int rc;

	strcpy(where, "/tmp/coolvec-test-XXXXXX");
	assert_non_null(mkdtemp(where));
	snprintf(path, sizeof(path), "%s/.env", where);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(env_load(path, 1, &e, err), 0);
	unlink(path);
	rmdir(where);
	rc = settings_load(s, e, unknown, err);
	env_free(e);
	return rc;
}

static void
nothing_set_gives_the_defaults(void **state)
{
	char where[64];
	struct settings s;
	struct err err;

	(void)state;
	assert_int_equal(load("", &s, where, &err), 0);
	assert_string_equal(s.data, "./data");
	assert_null(s.socket);
	assert_null(s.db_uri);
	assert_null(s.secret);
	assert_string_equal(s.algorithm, "HS256");
	assert_string_equal(s.embedder, "local");
	assert_string_equal(s.log_level, "info");
	assert_int_equal(s.token_minutes, 30);
	assert_int_equal(s.embed_dim, 0);	/* the embedder's own */
	assert_int_equal(s.embed_timeout, 60);
	assert_int_equal(s.embed_requests, 4);
	assert_int_equal(s.embed_per_minute, 0);
	assert_int_equal(s.embed_cache_mb, 512);
	assert_null(s.embed_base_url);
	assert_int_equal(s.max_connections, 1024);
	assert_int_equal(s.grace_seconds, 10);
	assert_int_equal(s.line_seconds, 30);
	assert_int_equal(s.idle_seconds, 600);
	assert_int_equal(s.close_seconds, 300);
	assert_int_equal(s.max_open, 256);
	assert_int_equal(s.max_line, 16 << 20);
	assert_int_equal(s.max_values, 4000000);
	assert_int_equal(s.max_depth, 32);
	assert_int_equal(s.max_text, 1 << 20);
	assert_int_equal(s.max_batch, 10000);
	assert_int_equal(s.max_dim, 16000);
	assert_int_equal(s.max_k, 10000);
	assert_int_equal(s.max_ef, 10000);
	assert_int_equal(s.max_answer, 64 << 20);
	assert_int_equal(s.max_reading, 256 << 20);
	assert_int_equal(s.guesses, 100);
	assert_int_equal(s.password_kib, 65536);
	assert_int_equal(s.password_passes, 3);
	assert_string_equal(s.sandbox, "auto");
	assert_null(s.secret_old);
	assert_null(s.snapshot_dirs);
	assert_in_range(s.workers, 1, 64);
	assert_in_range(s.index_threads, 1, 64);
	assert_string_equal(said, "");
	settings_fini(&s);
	assert_null(s.data);
	settings_fini(&s);
}

static void
file_sets_and_the_environment_is_above_it(void **state)
{
	char where[64], expected[128];
	struct settings s;
	struct err err;

	(void)state;
	setenv("EMBED_DIM", "128", 1);
	setenv("COOLVEC_SOCKET", "here/s", 1);
	assert_int_equal(load("EMBED_DIM=64\nVEC_DB_PATH=d\nCOOLVEC_SOCKET=there\nALGORITHM=HS512\n"
			      "SECRET_KEY=\"x # y\"\nDB_URI=postgresql://h/d\nCOOLVEC_WORKERS=3\n",
			     &s, where, &err), 0);
	snprintf(expected, sizeof(expected), "%s/d", where);
	assert_string_equal(s.data, expected);		/* relative to the file */
	assert_string_equal(s.socket, "here/s");	/* relative to the working directory */
	assert_int_equal(s.embed_dim, 128);
	assert_string_equal(s.algorithm, "HS512");
	assert_string_equal(s.secret, "x # y");
	assert_string_equal(s.db_uri, "postgresql://h/d");
	assert_int_equal(s.workers, 3);
	settings_fini(&s);
}

static void
value_that_cannot_be_is_refused_by_name(void **state)
{
	static const char *const rows[][2] = {
		{ "ALGORITHM", "none" },
		{ "ALGORITHM", "hs256" },
		{ "ALGORITHM", "RS256" },
		{ "EMBEDDER", "Local" },
		{ "EMBEDDER", "gpt" },
		{ "COOLVEC_LOG_LEVEL", "verbose" },
		{ "COOLVEC_LOG_LEVEL", "DEBUG" },
		{ "ACCESS_TOKEN_EXPIRE_MINUTES", "0" },
		{ "ACCESS_TOKEN_EXPIRE_MINUTES", "525601" },
		{ "ACCESS_TOKEN_EXPIRE_MINUTES", "-1" },
		{ "ACCESS_TOKEN_EXPIRE_MINUTES", "30m" },
		{ "ACCESS_TOKEN_EXPIRE_MINUTES", "1.5" },
		{ "EMBED_DIM", "0" },
		{ "EMBED_DIM", "16001" },
		{ "EMBED_DIM", "0x80" },
		{ "EMBED_TIMEOUT_SECONDS", "0" },
		{ "EMBED_REQUESTS", "65" },
		{ "EMBED_TEXTS_PER_MINUTE", "-1" },
		{ "EMBED_CACHE_MB", "1048577" },
		{ "COOLVEC_MAX_CONNECTIONS", "0" },
		{ "COOLVEC_MAX_CONNECTIONS", "65537" },
		{ "COOLVEC_GRACE_SECONDS", "0" },
		{ "COOLVEC_GRACE_SECONDS", "86401" },
		{ "COOLVEC_LINE_SECONDS", "0" },
		{ "COOLVEC_LINE_SECONDS", "many" },
		{ "COOLVEC_IDLE_SECONDS", "0" },
		{ "COOLVEC_IDLE_SECONDS", "86401" },
		{ "COOLVEC_CLOSE_SECONDS", "0" },
		{ "COOLVEC_MAX_OPEN", "0" },
		{ "COOLVEC_MAX_OPEN", "8193" },
		{ "COOLVEC_CLOSE_SECONDS", "1e3" },
		{ "COOLVEC_WORKERS", "0" },
		{ "COOLVEC_WORKERS", "65" },
		{ "COOLVEC_WORKERS", "cores" },
		{ "COOLVEC_INDEX_THREADS", "0" },
		{ "COOLVEC_INDEX_THREADS", "65" },
			{ "COOLVEC_INDEX_THREADS", "99999999999999999999" },
	{ "COOLVEC_MAX_LINE", "1023" }, { "COOLVEC_MAX_LINE", "16777217" },
		{ "COOLVEC_MAX_VALUES", "63" }, { "COOLVEC_MAX_VALUES", "4000001" },
		{ "COOLVEC_MAX_DEPTH", "3" }, { "COOLVEC_MAX_DEPTH", "33" },
		{ "COOLVEC_MAX_TEXT", "0" }, { "COOLVEC_MAX_TEXT", "1048577" },
		{ "COOLVEC_MAX_BATCH", "0" }, { "COOLVEC_MAX_BATCH", "10001" },
		{ "COOLVEC_MAX_DIM", "0" }, { "COOLVEC_MAX_DIM", "16001" },
		{ "COOLVEC_MAX_K", "0" }, { "COOLVEC_MAX_K", "10001" },
		{ "COOLVEC_MAX_EF", "0" }, { "COOLVEC_MAX_EF", "10001" },
		{ "COOLVEC_MAX_ANSWER", "1048575" }, { "COOLVEC_MAX_READING", "1048575" },
		{ "COOLVEC_GUESSES", "-1" }, { "COOLVEC_GUESSES", "1000001" },
		{ "COOLVEC_PASSWORD_KIB", "8191" }, { "COOLVEC_PASSWORD_KIB", "262145" },
		{ "COOLVEC_PASSWORD_PASSES", "0" }, { "COOLVEC_PASSWORD_PASSES", "11" },
		{ "COOLVEC_SANDBOX", "yes" },
	};
	char where[64], line[128];
	struct settings s;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(line, sizeof(line), "%s=%s\n", rows[i][0], rows[i][1]);
		if (load(line, &s, where, &err) == 0)
			fail_msg("taken: %s", line);
		if (strncmp(err.text, rows[i][0], strlen(rows[i][0])) != 0)
			fail_msg("%s: %s", line, err.text);
		assert_null(s.data);	/* nothing is left to free */
		assert_int_equal(setenv(rows[i][0], rows[i][1], 1), 0);
		assert_int_equal(load("", &s, where, &err), -1); /* the same from the environment */
		unsetenv(rows[i][0]);
	}
}

static void
limits_are_taken(void **state)
{
	static const char *const lines[] = { "ACCESS_TOKEN_EXPIRE_MINUTES=1", "EMBED_DIM=64",
		"ACCESS_TOKEN_EXPIRE_MINUTES=525600", "EMBED_DIM=4096", "COOLVEC_MAX_CONNECTIONS=1",
		"COOLVEC_MAX_CONNECTIONS=65536", "COOLVEC_WORKERS=64", "COOLVEC_INDEX_THREADS=1",
		"COOLVEC_IDLE_SECONDS=86400", "ALGORITHM=HS384", "COOLVEC_LOG_LEVEL=warn",
		"EMBED_DIM=" };
	char where[64];
	struct settings s;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (load(lines[i], &s, where, &err) != 0)
			fail_msg("%s: %s", lines[i], err.text);
		settings_fini(&s);
	}
}

static void
embedder_is_chosen_by_the_key_unless_it_is_named(void **state)
{
	static const struct {
		const char *lines, *embedder;
	} rows[] = {
		{ "", "local" },
		{ "EMBED_API_KEY=k\n", "local" },
		{ "GOOGLE_API_KEY=k\n", "gemini" },
		{ "GOOGLE_API_KEY=k\nEMBEDDER=local\n", "local" },
		{ "EMBEDDER=gemini\n", "gemini" },
		{ "GOOGLE_API_KEY=k\nEMBEDDER=openai\n", "openai" },
	};
	char where[64];
	struct settings s;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (load(rows[i].lines, &s, where, &err) != 0)
			fail_msg("%s: %s", rows[i].lines, err.text);
		assert_string_equal(s.embedder, rows[i].embedder);
		settings_fini(&s);
	}
}

static void
embedder_whose_settings_cannot_be_is_refused(void **state)
{
	static const struct {
		const char *lines, *why;
	} rows[] = {
		{ "EMBED_DIM=63\n", "embedder local has dimensions 64 to 4096, not 63 (EMBED_DIM is 63)" },
		{ "EMBED_DIM=4097\n",
		    "embedder local has dimensions 64 to 4096, not 4097 (EMBED_DIM is 4097)" },
		{ "EMBEDDER=gemini\nEMBED_DIM=3073\n",
		    "embedder gemini has dimensions 1 to 3072, not 3073 (EMBED_DIM is 3073)" },
		{ "EMBEDDER=openai\nEMBED_BASE_URL=http://127.0.0.1:1/v1\n",
		    "embedder openai needs a model: set EMBED_MODEL" },
		{ "EMBEDDER=gemini\nEMBED_BASE_URL=http://example.org/v1beta\n",
		    "EMBED_BASE_URL is http to another machine, which would show it keys and texts: use"
		    " https, or a tunnel from the loopback" },
		{ "GOOGLE_API_KEY=\"a b\"\n", "GOOGLE_API_KEY has a character that no key has" },
	};
	char where[64];
	struct settings s;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(load(rows[i].lines, &s, where, &err), -1);
		assert_string_equal(err.text, rows[i].why);
	}
}

/* Base, model and prefixes are of one service, and go to no other. */
static void
service_settings_belong_to_one_provider(void **state)
{
	static const char all[] = "EMBED_BASE_URL=https://h/v1\nEMBED_MODEL=m\nEMBED_DIM=100\n"
				  "EMBED_QUERY_PREFIX=q\nGOOGLE_API_KEY=g\nEMBED_API_KEY=e\n";
	static const char *const embedders[] = { "gemini", "openai", "local" };
	struct embed_config gemini, openai;
	char where[64], lines[512];
	struct settings s;
	struct err err;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		bool of_gemini = i == 0;

		snprintf(lines, sizeof(lines), "EMBEDDER=%s\n%s", embedders[i], all);
		if (load(lines, &s, where, &err) != 0)
			fail_msg("%s: %s", lines, err.text);
		settings_embed(&s, "gemini", &gemini);
		settings_embed(&s, "openai", &openai);
		assert_string_equal(gemini.service.key, "g");
		assert_string_equal(openai.service.key, "e");
		assert_int_equal(gemini.service.base_url != NULL, of_gemini);
		assert_int_equal(openai.service.base_url != NULL, !of_gemini);
		assert_int_equal(gemini.model != NULL, of_gemini);
		assert_int_equal(openai.model != NULL, !of_gemini);
		assert_int_equal(gemini.service.prefix[EMBED_QUERY] != NULL, of_gemini);
		assert_int_equal(gemini.dim, i == 0 ? 100 : 0);
		assert_int_equal(openai.dim, i == 1 ? 100 : 0);
		settings_fini(&s);
	}
}

static void
misspelt_names_are_reported(void **state)
{
	char where[64];
	struct settings s;
	struct err err;

	(void)state;
	assert_int_equal(load("COOLVEC_SOKET=x\nEMBED_DIMS=3\nPATH_OF_OTHERS=x\nCOOLVEC_TOKEN=t\n"
			      "COOLVEC_QUIET=1\nVEC_DB_PATH=d\n", &s, where, &err), 0);
	assert_string_equal(said, "COOLVEC_SOKET EMBED_DIMS ");
	settings_fini(&s);
}

static void
help_names_every_setting(void **state)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	assert_non_null(f);
	settings_help(f);
	fclose(f);
	for (size_t i = 0; i < NNAMES; i++)
		if (strstr(text, names[i]) == NULL)
			fail_msg("no %s", names[i]);
	n = 0;
	for (const char *s = text; *s != '\0'; s++)
		n += *s == '\n';
	assert_int_equal(n, NNAMES);
	free(text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, clear, clear)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_set_gives_the_defaults),
		TEST(file_sets_and_the_environment_is_above_it),
		TEST(value_that_cannot_be_is_refused_by_name),
		TEST(limits_are_taken),
		TEST(embedder_is_chosen_by_the_key_unless_it_is_named),
		TEST(embedder_whose_settings_cannot_be_is_refused),
		TEST(service_settings_belong_to_one_provider),
		TEST(misspelt_names_are_reported),
		TEST(help_names_every_setting),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
