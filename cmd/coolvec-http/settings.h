/*
 * settings.h - what can be set of coolvec-http, read from the environment and .env.
 */

#ifndef HTTP_SETTINGS_H
#define HTTP_SETTINGS_H

#include <stdint.h>
#include <stdio.h>

#include "env.h"
#include "err.h"

struct http_settings {
	const char *listen;		/* borrowed from the env, as all strings here */
	const char *allow_hosts;	/* names with commas or blanks between them, or NULL */
	const char *log_level;
	const char *sandbox;	/* COOLVEC_SANDBOX */
	uint64_t threads;
	uint64_t connections;
	uint64_t timeout;		/* seconds */
};

/* Fill `s`; what is not set gets its default.  0, or -1 and the name of the setting that cannot be.
 */
int http_settings_load(struct http_settings *s, const struct env *e, struct err *err);

/* Print the table: name, meaning, default. */
void http_settings_help(FILE *f);

#endif
