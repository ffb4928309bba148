/*
 * settings.h - what can be set, in one table, read from the environment and .env.
 */

#ifndef SETTINGS_H
#define SETTINGS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "env.h"
#include "err.h"

struct settings {
	char *data;		/* VEC_DB_PATH */
	char *socket;		/* COOLVEC_SOCKET, or NULL: the default place */
	char *db_uri;		/* DB_URI, or NULL: SQLite in the data folder */
	char *secret;		/* SECRET_KEY, or NULL: secret.key in the data folder */
	char *algorithm;	/* ALGORITHM */
	char *embedder;		/* EMBEDDER, or what stands for it when it is unset */
	char *embed_model;	/* EMBED_MODEL, or NULL: the service's own */
	char *embed_base_url;	/* EMBED_BASE_URL, or NULL: the service's own */
	char *embed_api_key;	/* EMBED_API_KEY, or NULL */
	char *google_api_key;	/* GOOGLE_API_KEY, or NULL */
	char *embed_prefix[2];	/* EMBED_DOCUMENT_PREFIX and EMBED_QUERY_PREFIX, or NULL: the model's */
	char *embed_ca_file;	/* EMBED_CA_FILE, or NULL: the system's */
	char *log_level;	/* COOLVEC_LOG_LEVEL */
	uint64_t token_minutes;	/* ACCESS_TOKEN_EXPIRE_MINUTES */
	uint64_t embed_dim;	/* EMBED_DIM; 0: the embedder's own */
	uint64_t embed_timeout;	/* seconds for a request to a service */
	uint64_t embed_requests; /* to services at once */
	uint64_t embed_per_minute; /* texts to a service; 0: as many as it takes */
	uint64_t embed_cache_mb;
	uint64_t max_connections;
	uint64_t grace_seconds;	/* an unauthenticated connection lives this long */
	uint64_t line_seconds;	/* half a line, or an answer nobody reads */
	uint64_t idle_seconds;	/* a connection without requests */
	uint64_t close_seconds;	/* a collection without requests */
	uint64_t max_open;	/* collections open at once */
	uint64_t workers;	/* threads for requests */
	uint64_t index_threads;	/* threads that move the tail into the graph */

	/* limits, at most those of the protocol */
	uint64_t max_line;	/* bytes of a request */
	uint64_t max_values;	/* JSON values in a request */
	uint64_t max_depth;	/* levels of them */
	uint64_t max_text;	/* bytes of a text */
	uint64_t max_batch;	/* items, ids, keys or texts of a request */
	uint64_t max_dim;	/* of a new collection */
	uint64_t max_k, max_ef;	/* of a search */
	uint64_t max_answer;	/* bytes of texts and metas in an answer */
	uint64_t max_reading;	/* bytes of half-read requests of all connections together */

	uint64_t guesses;	/* wrong passwords a day and account */
	uint64_t password_kib;	/* memory of a new hash */
	uint64_t password_passes;
	char *secret_old;	/* SECRET_KEY_OLD, or NULL: secret.key.old */
	char *snapshot_dirs;	/* COOLVEC_SNAPSHOT_DIRS, or NULL */
	char *sandbox;		/* COOLVEC_SANDBOX: auto, require or no */
	uint64_t compact_percent;	/* of the slots dead: compact; 0: never */
	uint64_t compact_bytes;	/* of dead vectors, at least */
};

struct embed_config;

/*
 * Fill `s` from `e`; what is not set gets its default.  A value that cannot be is a failure that
 * names the setting.  Names that start as ours do and are none are reported through `unknown`.
 */
int settings_load(struct settings *s, const struct env *e,
    void (*unknown)(const char *name), struct err *err);
void settings_fini(struct settings *s);

/*
 * How an embedder of this provider is opened by the settings; `s` is borrowed.  EMBED_BASE_URL,
 * EMBED_MODEL and the prefixes belong to gemini when that is EMBEDDER, else to openai, so that no key
 * goes to a service it was not given for.  EMBED_DIM is that of the embedder that EMBEDDER names.
 */
void settings_embed(const struct settings *s, const char *provider, struct embed_config *c);

/* Print the table: name, default, meaning. */
void settings_help(FILE *f);

#endif
