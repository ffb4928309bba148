/*
 * remote_quota.c - status 429: wait how long, and how many texts a minute?
 *
 * Google's answer has `details`: a RetryInfo says when to come back, and a QuotaFailure which quota
 * was passed and how large it is.  A quota's id tells its period: "...RequestsPerMinute...", where
 * each text of a batch is a request, or "...PerDay...".  Others say Retry-After, and OpenAI
 * "insufficient_quota" when there is nothing left to wait for.
 */

#include <stdlib.h>
#include <string.h>

#include "remote.h"

/* "23s", "0.5s": in milliseconds, or -1. */
static int64_t
parse_delay(const char *s)
{
	char *end;
	double seconds;

	if (s == NULL || *s < '0' || *s > '9')
		return -1;
	seconds = strtod(s, &end);
	if (strcmp(end, "s") != 0 || !(seconds >= 0))
		return -1;
	return (int64_t)((seconds < REMOTE_WAIT_MAX_S ? seconds : REMOTE_WAIT_MAX_S) * 1000);
}

static bool
is_type(const json_t *detail, const char *name)
{
	const char *type = json_string_value(json_object_get(detail, "@type"));
	const char *dot = type != NULL ? strrchr(type, '.') : NULL;

	return dot != NULL && strcmp(dot + 1, name) == 0;
}

/* A number, which JSON's int64 has Google write as a string. */
static uint32_t
quota_value(const json_t *v)
{
	long long n = json_is_string(v) ? strtoll(json_string_value(v), NULL, 10) :
					  (long long)json_integer_value(v);

	return n >= 1 && n <= EMBED_PER_MINUTE_MAX ? (uint32_t)n : 0;
}

static void
look_at_quotas(const json_t *detail, struct embed_again *again, bool *daily)
{
	const json_t *v;
	size_t i;

	json_array_foreach(json_object_get(detail, "violations"), i, v) {
		const char *id = json_string_value(json_object_get(v, "quotaId"));

		if (id == NULL)
			continue;
		if (strstr(id, "PerDay") != NULL)
			*daily = true;
		else if (strstr(id, "RequestsPerMinute") != NULL)
			again->per_minute = quota_value(json_object_get(v, "quotaValue"));
	}
}

int
remote_quota(const struct remote *m, const struct embed_reply *r, const json_t *root,
    struct embed_again *again, struct err *err)
{
	const json_t *error = json_object_get(root, "error"), *detail;
	const char *code = json_string_value(json_object_get(error, "code"));
	bool daily = false;
	size_t i;

	again->wait_ms = remote_wait(r);
	json_array_foreach(json_object_get(error, "details"), i, detail) {
		if (is_type(detail, "RetryInfo"))
			again->wait_ms =
			    parse_delay(json_string_value(json_object_get(detail, "retryDelay")));
		else if (is_type(detail, "QuotaFailure"))
			look_at_quotas(detail, again, &daily);
	}
	if (daily)
		return err_set(err, EMBED_ERATE, "embedder %s has no more texts for today (its daily quota is"
		    " used up): run it again tomorrow", m->kind->provider);
	if (code != NULL && strcmp(code, "insufficient_quota") == 0)
		return err_set(err, EMBED_ERATE, "embedder %s has no more texts for this key (its quota is"
		    " used up)", m->kind->provider);
	again->limited = again->wait_ms >= 0 || again->per_minute > 0;
	return err_set(err, EMBED_EAGAIN, "embedder %s asks for fewer texts a minute (status 429): try"
	    " again later", m->kind->provider);
}
