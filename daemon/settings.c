/*
 * settings.c - the table of settings.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "embed.h"
#include "num.h"
#include "password.h"
#include "settings.h"
#include "vec.h"
#include "wire.h"

enum kind { TEXT, PATH, NUMBER };

struct setting {
	const char *name;
	enum kind kind;
	size_t at;			/* offset in struct settings */
	const char *fallback;		/* NULL: none; "cores" for a number: as many as there are */
	uint64_t least, most;		/* of a number */
	const char *help;
};

#define AT(field) offsetof(struct settings, field)

static const struct setting table[] = {
	{ "VEC_DB_PATH", PATH, AT(data), "./data", 0, 0, "folder of the data" },
	{ "COOLVEC_SOCKET", PATH, AT(socket), NULL, 0, 0, "the socket; see coolvecd(8) for the default" },
	{ "DB_URI", TEXT, AT(db_uri), NULL, 0, 0, "postgresql://...; unset: metadata in SQLite in VEC_DB_PATH" },
	{ "SECRET_KEY", TEXT, AT(secret), NULL, 0, 0,
	    "signs tokens, 32 bytes or more; unset: made and kept in VEC_DB_PATH/secret.key" },
	{ "SECRET_KEY_OLD", TEXT, AT(secret_old), NULL, 0, 0,
	    "the former SECRET_KEY: its tokens are taken until they expire" },
	{ "ALGORITHM", TEXT, AT(algorithm), "HS256", 0, 0, "of tokens: HS256, HS384 or HS512" },
	{ "ACCESS_TOKEN_EXPIRE_MINUTES", NUMBER, AT(token_minutes), "30", 1, 525600,
	    "how long a login lasts" },
	{ "EMBEDDER", TEXT, AT(embedder), NULL, 0, 0,
	    "of new collections: local, words, gemini or openai; unset: gemini with its key, else local" },
	{ "EMBED_MODEL", TEXT, AT(embed_model), NULL, 0, 0,
	    "of EMBEDDER: of a service, or the table of words; unset: the usual one" },
	{ "EMBED_DIM", NUMBER, AT(embed_dim), NULL, 1, EMBED_REMOTE_DIM_MAX,
	    "components of a vector; unset: local and words 512, gemini 3072, openai the model's" },
	{ "EMBED_BASE_URL", TEXT, AT(embed_base_url), NULL, 0, 0,
	    "of the service, with its /v1beta or /v1; https, or http to this machine" },
	{ "GOOGLE_API_KEY", TEXT, AT(google_api_key), NULL, 0, 0, "key of gemini" },
	{ "EMBED_API_KEY", TEXT, AT(embed_api_key), NULL, 0, 0, "key of openai" },
	{ "EMBED_DOCUMENT_PREFIX", TEXT, AT(embed_prefix[EMBED_DOCUMENT]), NULL, 0, 0,
	    "put before a text that is stored; unset: as the model wants it" },
	{ "EMBED_QUERY_PREFIX", TEXT, AT(embed_prefix[EMBED_QUERY]), NULL, 0, 0,
	    "put before a text that is searched for" },
	{ "EMBED_CA_FILE", PATH, AT(embed_ca_file), NULL, 0, 0,
	    "certificates to trust instead of the system's" },
	{ "EMBED_TIMEOUT_SECONDS", NUMBER, AT(embed_timeout), "60", 1, 3600,
	    "for an answer of a service" },
	{ "EMBED_REQUESTS", NUMBER, AT(embed_requests), "4", 1, 64, "to services at once" },
	{ "EMBED_TEXTS_PER_MINUTE", NUMBER, AT(embed_per_minute), "0", 0, EMBED_PER_MINUTE_MAX,
	    "to a service; 0: as many as it takes" },
	{ "EMBED_CACHE_MB", NUMBER, AT(embed_cache_mb), "512", 0, 1048576,
	    "of vectors from services kept on disk; 0: none" },
	{ "COOLVEC_MAX_CONNECTIONS", NUMBER, AT(max_connections), "1024", 1, 65536,
	    "connections at once; more are answered busy" },
	{ "COOLVEC_MAX_LINE", NUMBER, AT(max_line), "16777216", 1024, WIRE_LINE_MAX,
	    "bytes of a request" },
	{ "COOLVEC_MAX_VALUES", NUMBER, AT(max_values), "4000000", 64, WIRE_VALUES_MAX,
	    "values of JSON in a request" },
	{ "COOLVEC_MAX_DEPTH", NUMBER, AT(max_depth), "32", 4, WIRE_DEPTH_MAX,
	    "levels of arrays and objects in a request" },
	{ "COOLVEC_MAX_TEXT", NUMBER, AT(max_text), "1048576", 1, WIRE_TEXT_MAX, "bytes of a text" },
	{ "COOLVEC_MAX_BATCH", NUMBER, AT(max_batch), "10000", 1, WIRE_BATCH_MAX,
	    "items, ids, keys or texts of a request" },
	{ "COOLVEC_MAX_DIM", NUMBER, AT(max_dim), "16000", 1, VEC_DIM_MAX,
	    "components of the vectors of a new collection" },
	{ "COOLVEC_MAX_K", NUMBER, AT(max_k), "10000", 1, VEC_K_MAX, "results of a search" },
	{ "COOLVEC_MAX_EF", NUMBER, AT(max_ef), "10000", 1, VEC_EF_MAX, "ef of a search" },
	{ "COOLVEC_MAX_ANSWER", NUMBER, AT(max_answer), "67108864", 1048576, 1073741824,
	    "bytes of texts and metas in an answer" },
	{ "COOLVEC_MAX_READING", NUMBER, AT(max_reading), "268435456", 1048576, 1099511627776,
	    "bytes of half-read requests of all connections together" },
	{ "COOLVEC_GUESSES", NUMBER, AT(guesses), "100", 0, 1000000,
	    "wrong passwords a day on an account; 0: no bound" },
	{ "COOLVEC_PASSWORD_KIB", NUMBER, AT(password_kib), "65536", PASSWORD_KIB_MIN,
	    PASSWORD_KIB_MAX, "memory that hashing a password takes" },
	{ "COOLVEC_PASSWORD_PASSES", NUMBER, AT(password_passes), "3", 1, PASSWORD_PASSES_MAX,
	    "passes over it" },
	{ "COOLVEC_SANDBOX", TEXT, AT(sandbox), "auto", 0, 0,
	    "auto: as far as the kernel has it; require; no" },
	{ "COOLVEC_SNAPSHOT_DIRS", TEXT, AT(snapshot_dirs), NULL, 0, 0,
	    "folders that the sandbox lets snapshots into, with : between them" },
	{ "COOLVEC_GRACE_SECONDS", NUMBER, AT(grace_seconds), "10", 1, 86400,
	    "a connection without a valid token is closed after this" },
	{ "COOLVEC_LINE_SECONDS", NUMBER, AT(line_seconds), "30", 1, 86400,
	    "half a request, or an answer nobody reads, is waited for this long" },
	{ "COOLVEC_IDLE_SECONDS", NUMBER, AT(idle_seconds), "600", 1, 86400,
	    "a connection without requests is closed after this" },
	{ "COOLVEC_CLOSE_SECONDS", NUMBER, AT(close_seconds), "300", 1, 86400,
	    "a collection without requests is closed after this" },
	{ "COOLVEC_MAX_OPEN", NUMBER, AT(max_open), "256", 1, 8192,
	    "collections that have their files open at once, with an eighth more for a moment" },
	{ "COOLVEC_WORKERS", NUMBER, AT(workers), "cores", 1, 64, "threads that answer requests" },
	{ "COOLVEC_INDEX_THREADS", NUMBER, AT(index_threads), "cores", 1, 64,
	    "threads that build the graph, at low priority" },
	{ "COOLVEC_COMPACT_PERCENT", NUMBER, AT(compact_percent), "20", 0, 100,
	    "a collection is compacted when so much of it is dead; 0: never by itself" },
	{ "COOLVEC_COMPACT_BYTES", NUMBER, AT(compact_bytes), "1048576", 0, 1ull << 40,
	    "dead vectors that are less than this are left where they are" },
	{ "COOLVEC_LOG_LEVEL", TEXT, AT(log_level), "info", 0, 0, "error, warn, info or debug" },
};

#define NSETTINGS (sizeof(table) / sizeof(table[0]))

static int
load_number(const struct setting *row, const char *value, uint64_t *out, struct err *err)
{
	if (value == NULL && row->fallback == NULL)
		return 0;
	if (value == NULL && strcmp(row->fallback, "cores") == 0) {
		long cores = sysconf(_SC_NPROCESSORS_ONLN);

		*out = cores < 1 ? 1 : (uint64_t)cores > row->most ? row->most : (uint64_t)cores;
		return 0;
	}
	if (!num_parse(value != NULL ? value : row->fallback, row->least, row->most, out))
		return err_set(err, -1, "%s is not a number from %llu to %llu", row->name,
		    (unsigned long long)row->least, (unsigned long long)row->most);
	return 0;
}

static int
load_one(struct settings *s, const struct setting *row, const struct env *e, struct err *err)
{
	char *field = (char *)s + row->at;
	const char *value = env_get(e, row->name);
	char *copy;

	if (row->kind == NUMBER)
		return load_number(row, value, (uint64_t *)(void *)field, err);
	if (row->kind == PATH)
		copy = env_path(e, row->name, row->fallback);
	else
		copy = value != NULL ? strdup(value) :
		    row->fallback != NULL ? strdup(row->fallback) : NULL;
	if (copy == NULL && (value != NULL || row->fallback != NULL))
		return err_set(err, -1, "%s is too long, or there is no memory", row->name);
	*(char **)(void *)field = copy;
	return 0;
}

static int
one_of(const char *name, const char *value, const char *const *words, struct err *err)
{
	for (; *words != NULL; words++)
		if (strcmp(value, *words) == 0)
			return 0;
	return err_set(err, -1, "%s cannot be \"%.40s\"", name, value);
}

struct unknown {
	void (*fn)(const char *name);
};

/* A misspelt setting is worth a line; somebody else's in the same file is not. */
static void
look_for(void *arg, const char *name)
{
	struct unknown *u = arg;

	if (strncmp(name, "COOLVEC_", 8) != 0 && strncmp(name, "EMBED", 5) != 0)
		return;
	if (strcmp(name, "COOLVEC_TOKEN") == 0 || strcmp(name, "COOLVEC_QUIET") == 0)
		return;		/* coolvec(1)'s */
	for (size_t i = 0; i < NSETTINGS; i++)
		if (strcmp(name, table[i].name) == 0)
			return;
	u->fn(name);
}

void
settings_embed(const struct settings *s, const char *provider, struct embed_config *c)
{
	bool gemini = strcmp(provider, "gemini") == 0, openai = strcmp(provider, "openai") == 0;
	bool words = strcmp(s->embedder, "words") == 0;
	bool ours = (gemini || openai) && gemini == (strcmp(s->embedder, "gemini") == 0);

	*c = (struct embed_config){ .provider = provider, .folder = s->data };
	if (ours) {
		c->service.base_url = s->embed_base_url;
		c->service.prefix[EMBED_DOCUMENT] = s->embed_prefix[EMBED_DOCUMENT];
		c->service.prefix[EMBED_QUERY] = s->embed_prefix[EMBED_QUERY];
	}
	if (gemini)
		c->service.key = s->google_api_key;
	if (openai)
		c->service.key = s->embed_api_key;
	if (strcmp(provider, "words") == 0 ? words : ours && !words)
		c->model = s->embed_model;
	if (strcmp(provider, s->embedder) == 0)
		c->dim = s->embed_dim;
}

/* Which embedder new collections get, and whether its settings can be. */
static int
choose_embedder(struct settings *s, const char *const *names, struct err *err)
{
	struct embed_config c;
	struct embedder *e = NULL;
	struct err why;

	if (s->embedder == NULL)
		s->embedder = strdup(s->google_api_key != NULL ? "gemini" : "local");
	if (s->embedder == NULL)
		return err_set(err, -1, "no memory for the settings");
	if (one_of("EMBEDDER", s->embedder, names, err) != 0)
		return -1;
	settings_embed(s, s->embedder, &c);
	/* a table of words may be made later, and is looked for when a collection wants it */
	if (strcmp(s->embedder, "words") != 0 && embedder_open(&c, &e, &why) != 0)
		return c.dim != 0 ? err_set(err, -1, "%s (EMBED_DIM is %zu)", why.text, c.dim) :
				    err_set(err, -1, "%s", why.text);
	embedder_close(e);
	if (s->embed_base_url == NULL)
		return 0;
	/* also that of collections of a service that EMBEDDER is not */
	settings_embed(s, strcmp(s->embedder, "gemini") == 0 ? "gemini" : "openai", &c);
	c.model = "any";
	if (embedder_open(&c, &e, err) != 0)
		return -1;
	embedder_close(e);
	return 0;
}

int
settings_load(struct settings *s, const struct env *e,
    void (*unknown)(const char *name), struct err *err)
{
	static const char *const algorithms[] = { "HS256", "HS384", "HS512", NULL };
	static const char *const embedders[] = { "local", "words", "gemini", "openai", NULL };
	static const char *const levels[] = { "error", "warn", "info", "debug", NULL };
	static const char *const sandboxes[] = { "auto", "require", "no", NULL };
	struct unknown u = { unknown };
	int rc = 0;

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < NSETTINGS && rc == 0; i++)
		rc = load_one(s, &table[i], e, err);
	if (rc == 0)
		rc = one_of("ALGORITHM", s->algorithm, algorithms, err);
	if (rc == 0)
		rc = choose_embedder(s, embedders, err);
	if (rc == 0)
		rc = one_of("COOLVEC_LOG_LEVEL", s->log_level, levels, err);
	if (rc == 0)
		rc = one_of("COOLVEC_SANDBOX", s->sandbox, sandboxes, err);
	if (rc == 0)
		env_each(e, look_for, &u);
	else
		settings_fini(s);
	return rc;
}

void
settings_fini(struct settings *s)
{
	for (size_t i = 0; i < NSETTINGS; i++)
		if (table[i].kind != NUMBER)
			free(*(char **)(void *)((char *)s + table[i].at));
	memset(s, 0, sizeof(*s));
}

void
settings_help(FILE *f)
{
	for (size_t i = 0; i < NSETTINGS; i++)
		fprintf(f, "  %-28s %s (%s)\n", table[i].name, table[i].help,
		    table[i].fallback != NULL ? table[i].fallback : "unset");
}
