/*
 * standin.h - what the files of the stand-in share.
 */

#ifndef STANDIN_H
#define STANDIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct asked {
	bool gemini, single, base64;
	size_t dim;
	json_t *texts;		/* array */
};

/* What a request to `path` asks for; the caller drops a->texts. */
void asked_init(struct asked *a, const char *path, const json_t *body);

/* The vectors as the word of the script says; `number` is what follows it.  free it. */
char *answer_text(const struct asked *a, const char *action, size_t number);

/* Google's words for "too many": the quota's id, its size, and RetryInfo unless `delay` < 0.  free it. */
char *quota_text(const char *id, size_t value, double delay);

#endif
